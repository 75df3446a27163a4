package e2e

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
	v1 "k8s.io/api/core/v1"
)

// With more pods than three agents can hold, as many run as fit, the others say why they
// wait, and nothing is left after all are deleted.
func TestThirtyPodsOnThreeAgents(t *testing.T) {
	c := cluster.Start(t, cluster.Config{
		Master: "local(3)",
		Args:   []string{"-local_resources=cpus:4;mem:4096;disk:10000;ports:[31000-31099]", "-executor_cpus=0.1"},
	})
	agents := agentsOf(t, c.MesosAddr)
	// Each agent has 4 cpus, and its executor takes 0.1: seven halves fit.
	const fit = 3 * 7
	var names []string
	for i := range 30 {
		names = append(names, fmt.Sprintf("web-%d", i))
		create(t, c, webPod(names[i], "0.5"))
	}
	c.Process().Await(2*time.Minute, fmt.Sprintf("%d pods running, the others waiting with a reason", fit), func() bool {
		running, waiting := 0, 0
		for _, pod := range list(t, c) {
			switch {
			case pod.Status.Phase == v1.PodRunning:
				running++
			case pod.Spec.NodeName == "" && strings.Contains(waitingReason(&pod), "cpu"):
				waiting++
			}
		}
		return running == fit && waiting == len(names)-fit
	})

	remove(t, c, names...)
	awaitGone(t, c, names...)
	awaitNothingLeft(t, c)

	c.Stop()
	if left := mounts(t, agents); len(left) != 0 {
		t.Errorf("after the end of the executors these are still mounted: %q", left)
	}
}

// awaitNothingLeft waits until no container, no live task and no mount of a pod remains.
func awaitNothingLeft(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	awaitNoContainers(t, c, c.MesosAddr)
	agents := agentsOf(t, c.MesosAddr)
	c.Process().Await(soon, "the last mount to go", func() bool {
		return !slices.ContainsFunc(mounts(t, agents), func(m string) bool { return strings.Contains(m, "/pods/") })
	})
}

// agentsOf returns what the ids of all agents of a Mesos begin with, and so do the names of
// their executors' directories.
func agentsOf(t *testing.T, mesos string) string {
	t.Helper()
	master, _, _ := strings.Cut(frameworks(t, mesos)[0].ID, "-0000")
	return "/" + master + "-S"
}

// mounts lists the mounts below the executors' directories whose paths contain part.
func mounts(t *testing.T, part string) []string {
	t.Helper()
	b, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, line := range strings.Split(string(b), "\n") {
		fields := strings.Fields(line)
		if len(fields) > 1 && strings.HasPrefix(fields[1], "/var/lib/kubernetes-mesos/") && strings.Contains(fields[1], part) {
			found = append(found, fields[1])
		}
	}
	return found
}
