package framework

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/mesosvolumes"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/volumes"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// A volume is asked for and given up while no pod waits, so while Mesos makes no offers.
// A master is replaced and the framework is killed meanwhile.
func TestVolumesOfMesos(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cluster, err := local.New(local.Config{Resources: "cpus:4;mem:4096;disk:100;ports:[31000-31100]", WorkDir: dir, Hostname: "agent"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	gone := make(chan error, 1)
	go func() { gone <- cluster.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := receive(t, gone, "end of the local Mesos"); err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})

	w := newHarness(t)
	var space *volumes.Mesos
	end := func() {}
	live := func() {
		t.Helper()
		connection, err := mesos.NewScheduler(mesos.SchedulerConfig{Master: cluster.Addr()})
		if err != nil {
			t.Fatal(err)
		}
		space = volumes.NewMesos(volumes.MesosConfig{Client: w.client, Store: w.store, Volume: mesosvolumes.Config{Role: "pods", Cluster: "c1"}})
		if err := space.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.run(func(c *Config) {
			c.Mesos, c.Volumes, c.Info.Role = connection, space, "pods"
			c.Info.FailoverTimeout = patience
		})
	}
	begin := func() {
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- space.Run(ctx, func(string) {}) }()
		end = func() {
			stop()
			if err := receive(t, ended, "end of the volumes"); err != nil {
				t.Error(err)
			}
		}
	}

	live()
	begin()
	w.eventually("a Node", func() bool {
		list, err := w.client.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
		if err != nil || len(list.Items) == 0 {
			return false
		}
		n := list.Items[0].DeepCopy()
		n.Annotations[taskdata.WorkDirAnnotation] = dir // as an executor there would
		_, err = w.client.CoreV1().Nodes().Update(t.Context(), n, metav1.UpdateOptions{})
		return err == nil
	})
	v := volumes.Volume{Name: "pvc-1", Node: "agent", Bytes: 15<<20 + 1}
	var state volumes.State
	w.eventually("a volume", func() bool {
		if state, err = space.Have(v); err != nil {
			t.Fatal(err)
		}
		return state.Ready
	})
	path := filepath.Join(dir, "volumes/roles/pods/pvc-1")
	if state.Bytes != 16<<20 || state.Source.Local == nil || state.Source.Local.Path != path {
		t.Errorf("it is %+v", state)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
	if put, accepted := w.journal.index("put volumes/pvc-1"), w.journal.count("put volumes/pvc-1"); put < 0 || accepted < 2 {
		t.Errorf("its record was written %d times", accepted)
	}
	v.Made = true
	if _, err := space.Have(v); err != nil {
		t.Error(err)
	}
	if err := cluster.FailOver(0); err != nil {
		t.Fatal(err)
	}
	end()
	w.kill()

	live()
	if state, err := space.Have(v); err != nil || !state.Ready {
		t.Errorf("after a restart it is %+v: %v", state, err)
	}
	begin()
	w.eventually("its end", func() bool {
		removed, err := space.Remove(v)
		if err != nil {
			t.Fatal(err)
		}
		return removed
	})
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("its directory: %v", err)
	}
	end()
}
