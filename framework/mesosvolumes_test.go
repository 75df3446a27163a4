package framework

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/mesosvolumes"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/records"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/volumes"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Volumes are asked for and given up while no pod waits, so while Mesos makes no offers.
// Calls and answers are lost, offers are rescinded, a master is replaced and the framework
// is killed meanwhile.
func TestVolumesOfMesos(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cluster, err := local.New(local.Config{Resources: "cpus:4;mem:4096;disk:100;ports:[31000-31100]", WorkDir: dir, Hostname: "agent",
		AllocationInterval: 100 * time.Millisecond,
		Faults:             local.Faults{Seed: 3, RescindOffers: 0.1, RefuseCalls: 0.1, LoseAnswers: 0.1}})
	if err != nil {
		t.Fatal(err)
	}
	runMesos(t, cluster)

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
	var all []volumes.Volume
	for i := range 3 {
		all = append(all, volumes.Volume{Name: fmt.Sprint("pvc-", i), Node: "agent", Bytes: 15<<20 + 1})
	}
	path := func(v volumes.Volume) string { return filepath.Join(dir, "volumes/roles/pods", v.Name) }
	each := func(what string, done func(volumes.Volume) (bool, error)) {
		t.Helper()
		w.eventually(what, func() bool {
			is := true
			for _, v := range all {
				this, err := done(v)
				if err != nil {
					t.Fatal(err)
				}
				is = is && this
			}
			return is
		})
	}
	each("volumes", func(v volumes.Volume) (bool, error) {
		state, err := space.Have(v)
		if state.Ready && (state.Bytes != 16<<20 || state.Source.Local.Path != path(v)) {
			t.Errorf("it is %+v", state)
		}
		return state.Ready, err
	})
	for i := range all {
		if err := os.WriteFile(filepath.Join(path(all[i]), "x"), nil, 0o644); err != nil {
			t.Error(err)
		}
		if w.journal.count("put volumes/"+all[i].Name) < 2 { // that it is made, and that it was
			t.Errorf("volume %s is not on record", all[i].Name)
		}
		all[i].Made = true
		if _, err := space.Have(all[i]); err != nil {
			t.Error(err)
		}
	}
	if err := cluster.FailOver(0); err != nil {
		t.Fatal(err)
	}
	end()
	w.kill()

	live()
	for _, v := range all {
		if state, err := space.Have(v); err != nil || !state.Ready {
			t.Errorf("after a restart it is %+v: %v", state, err)
		}
		if _, err := os.Stat(filepath.Join(path(v), "x")); err != nil {
			t.Error(err)
		}
	}
	begin()
	each("their end", space.Remove)
	for _, v := range all {
		if _, err := os.Stat(path(v)); !os.IsNotExist(err) {
			t.Errorf("its directory: %v", err)
		}
	}
	end()
}

// noted is a keeper of volumes that notes what it learns of agents.
type noted struct {
	Volumes
	listed, present map[string]bool
}

func (n *noted) Listed(_ time.Time, node string, _ []*mesospb.Resource) { n.listed[node] = true }
func (n *noted) Present(nodes map[string]bool)                          { n.present = nodes }

// The keeper of volumes learns which Nodes have an agent: one that has not offered since it
// got another id may have its host's Node, but nobody knows that it has nothing.
func TestVolumesLearnWhichAgentsThereAre(t *testing.T) {
	t.Parallel()
	as := newAgents(records.Records{Agents: map[string]records.Agent{"m-S1": {Node: "there"}, "m-S2": {Node: "gone"}, "m-S3": {Node: "again"}}}, &recordedJobs{}, logr.Discard())
	keeper := &noted{listed: map[string]bool{}}
	v := &volumeOffers{keeper: keeper, agents: as}
	states := agentStates{asked: time.Unix(1e9, 0)}
	for id, host := range map[string]string{"m-S1": "there", "m-S4": "again"} {
		states.agents = append(states.agents, &mesospb.MasterResponse_GetAgents_Agent{
			AgentInfo: &mesospb.AgentInfo{Id: &mesospb.AgentID{Value: &id}, Hostname: &host}})
	}
	v.listed(states)
	if want := map[string]bool{"there": true, "again": true}; !maps.Equal(keeper.present, want) {
		t.Errorf("an agent have %v, want %v", keeper.present, want)
	}
	if want := map[string]bool{"there": true}; !maps.Equal(keeper.listed, want) {
		t.Errorf("known is what %v have, want %v", keeper.listed, want)
	}
}
