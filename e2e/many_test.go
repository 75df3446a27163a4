package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Replicas that must keep apart do. With more pods than three agents can hold, as many run
// as fit, the others say why they wait, and nothing is left after all are deleted.
func TestThirtyPodsOnThreeAgents(t *testing.T) {
	recording := filepath.Join(t.TempDir(), "recording")
	c := cluster.Start(t, cluster.Config{
		Master: "local(3)",
		Args:   []string{"-local_resources=cpus:4;mem:4096;disk:10000;ports:[31000-31099]", "-executor_cpus=0.1", "-record_scheduling=" + recording},
	})
	keepApart(t, c)

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
	replayed(t, recording, names[0])
}

// replayed plays a recording again: the same is decided, and what became of a pod is told.
func replayed(t *testing.T, recording, pod string) {
	t.Helper()
	out, err := exec.Command(cluster.Binary("framework_runner"), "-replay="+recording).CombinedOutput()
	if err != nil || !strings.Contains(string(out), " launch default/"+pod+" on ") || !strings.HasSuffix(string(out), " 0 steps differ from the recording\n") {
		t.Errorf("the recording of the scheduling, played again (%v):\n%s", err, out)
	}
}

// keepApart has three replicas that must not share a node run on three nodes, while a
// fourth waits, however much room there is, until one of them goes.
func keepApart(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	var names []string
	for i := range 4 {
		pod := webPod(fmt.Sprintf("apart-%d", i), "0.1")
		pod.Labels["app"] = "apart"
		pod.Spec.Affinity = &v1.Affinity{PodAntiAffinity: &v1.PodAntiAffinity{RequiredDuringSchedulingIgnoredDuringExecution: []v1.PodAffinityTerm{{
			LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "apart"}}, TopologyKey: v1.LabelHostname,
		}}}}
		names = append(names, pod.Name)
		create(t, c, pod)
	}
	on := map[string]bool{}
	for _, name := range names[:3] {
		awaitPhase(t, c, name, v1.PodRunning)
		on[get(t, c, name).Spec.NodeName] = true
	}
	if len(on) != 3 {
		t.Errorf("three replicas that keep apart run on %d nodes", len(on))
	}
	awaitReason(t, c, names[3], "0/3 nodes are available: 3 node(s) didn't match pod anti-affinity rules.")
	remove(t, c, names[0])
	awaitPhase(t, c, names[3], v1.PodRunning)
	remove(t, c, names[1:]...)
	awaitGone(t, c, names...)
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
