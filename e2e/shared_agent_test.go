package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
	v1 "k8s.io/api/core/v1"
)

// Two of our frameworks share a Mesos and its only agent: each has an executor there with
// its own directory, and the end of one does not harm the other.
func TestTwoFrameworksOnOneAgent(t *testing.T) {
	root := shortTempDir(t)
	mesos := serveLocalMesos(t, "local(1)", "-local_resources=cpus:4;mem:4096;disk:10000;ports:[31000-31099]")
	one := cluster.Start(t, cluster.Config{Master: mesos, Args: []string{"-framework_name=one", "-root_dir=" + root}})
	two := cluster.Start(t, cluster.Config{Master: mesos, Args: []string{"-framework_name=two", "-root_dir=" + root}})
	for _, c := range []*cluster.Cluster{one, two} {
		create(t, c, webPod("web", "0.5"))
	}
	for _, c := range []*cluster.Cluster{one, two} {
		awaitPhase(t, c, "web", v1.PodRunning)
	}
	agents := map[string]bool{}
	for _, task := range liveTasks(t, mesos) {
		agents[task.SlaveID] = true
	}
	dirs, err := filepath.Glob(filepath.Join(root, "*.lock"))
	if err != nil || len(dirs) != 2 || len(agents) != 1 {
		t.Errorf("%d agents run tasks, with the directories %q, %v", len(agents), dirs, err)
	}

	remove(t, one, "web")
	awaitGone(t, one, "web")
	one.Process().Await(soon, "the task of the first to end", func() bool { return len(liveTasks(t, mesos)) == 1 })
	awaitPhase(t, two, "web", v1.PodRunning)
}

// shortTempDir returns a temporary directory whose name, unlike those of t.TempDir,
// leaves room for the paths of sockets.
func shortTempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "km")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}
