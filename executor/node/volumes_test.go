package node

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/go-logr/logr"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/volumes"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
)

// A Node whose list of volumes somebody has emptied is not one that is to have none.
func TestEmptiedListOfVolumes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store, err := volumes.Open(dir, volumes.Owner{Node: "a"}, func() {}, logr.Discard())
	if err != nil {
		t.Fatal(err)
	}
	n := &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: "a", Annotations: map[string]string{}}}
	k := &volumeKeeper{node: "a", client: fake.NewClientset(n), store: store}
	const name = "pvc-00000000-0000-0000-0000-000000000001"
	for _, list := range []string{`[{"name":"` + name + `","bytes":1}]`, ""} {
		n = n.DeepCopy()
		n.Annotations[taskdata.VolumesWantedAnnotation] = list
		k.seen.Store(n)
		if err := k.keep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
		t.Error(err)
	}
}

// The agent's work directory is above the last directory of agents in the path.
func TestWorkDir(t *testing.T) {
	t.Parallel()
	for sandbox, want := range map[string]string{
		"/var/lib/mesos/slaves/S1/frameworks/F/executors/E/runs/R": "/var/lib/mesos",
		"/data/slaves/mesos/slaves/S1/frameworks/F":                "/data/slaves/mesos",
		"/tmp/x":           "",
		"relative/slaves/": "",
	} {
		if got := workDir(sandbox); got != want {
			t.Errorf("the work directory of %s is %q, want %q", sandbox, got, want)
		}
	}
}
