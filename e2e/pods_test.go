package e2e

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// image is the example's web server, built by TestMain.
const image = "kubernetes-mesos/nginx:1"

// webPod returns a pod that requests an amount of cpu and 32 MiB.
func webPod(name, cpu string) *v1.Pod {
	grace := int64(1)
	return &v1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default", Labels: map[string]string{"name": name}},
		Spec: v1.PodSpec{
			TerminationGracePeriodSeconds: &grace,
			Containers: []v1.Container{{
				Name:  "web",
				Image: image,
				Resources: v1.ResourceRequirements{Requests: v1.ResourceList{
					v1.ResourceCPU:    resource.MustParse(cpu),
					v1.ResourceMemory: resource.MustParse("32Mi"),
				}},
			}},
		},
	}
}

func create(t testing.TB, c *cluster.Cluster, pods ...*v1.Pod) {
	t.Helper()
	for _, pod := range pods {
		if _, err := c.Client.CoreV1().Pods(pod.Namespace).Create(context.Background(), pod, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
}

// get returns the pod, or nil if there is none.
func get(t testing.TB, c *cluster.Cluster, name string) *v1.Pod {
	t.Helper()
	pod, err := c.Client.CoreV1().Pods("default").Get(context.Background(), name, metav1.GetOptions{})
	if errors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	return pod
}

func list(t testing.TB, c *cluster.Cluster) []v1.Pod {
	t.Helper()
	pods, err := c.Client.CoreV1().Pods("default").List(context.Background(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return pods.Items
}

func remove(t testing.TB, c *cluster.Cluster, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := c.Client.CoreV1().Pods("default").Delete(context.Background(), name, metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
	}
}

const soon = 60 * time.Second

func awaitPhase(t testing.TB, c *cluster.Cluster, name string, phase v1.PodPhase) {
	t.Helper()
	c.Process().Await(soon, fmt.Sprintf("pod %s %s", name, phase), func() bool {
		pod := get(t, c, name)
		return pod != nil && pod.Status.Phase == phase
	})
}

func awaitGone(t testing.TB, c *cluster.Cluster, names ...string) {
	t.Helper()
	for _, name := range names {
		c.Process().Await(soon, fmt.Sprintf("pod %s to be gone", name), func() bool { return get(t, c, name) == nil })
	}
}

// endAll deletes all pods and waits until nothing of them is running.
func endAll(t testing.TB, c *cluster.Cluster, mesos string) {
	t.Helper()
	for _, pod := range list(t, c) {
		remove(t, c, pod.Name)
	}
	c.Process().Await(2*time.Minute, "all pods to be gone", func() bool { return len(list(t, c)) == 0 })
	awaitNoContainers(t, c, mesos)
}

// awaitNoContainers waits until no container and no live task of a pod remains.
func awaitNoContainers(t testing.TB, c *cluster.Cluster, mesos string) {
	t.Helper()
	c.Process().Await(soon, "the last container to go", func() bool { return len(containers(t, mesos)) == 0 })
	c.Process().Await(soon, "the last task to end", func() bool { return len(liveTasks(t, mesos)) == 0 })
}

// awaitReason waits until the pod's waiting reason contains all of want.
func awaitReason(t testing.TB, c *cluster.Cluster, name string, want ...string) {
	t.Helper()
	said := ""
	defer func() {
		if t.Failed() {
			t.Logf("pod %s said that it waits because of %q", name, said)
		}
	}()
	c.Process().Await(soon, fmt.Sprintf("pod %s waiting because of %q", name, want), func() bool {
		if pod := get(t, c, name); pod != nil {
			said = waitingReason(pod)
		}
		return containsAll(said, want)
	})
}

func containsAll(s string, want []string) bool {
	for _, w := range want {
		if !strings.Contains(s, w) {
			return false
		}
	}
	return true
}

// waitingReason returns the message of the pod's PodScheduled condition if that is false,
// or, of a pod that others have bound, that of the condition in its place.
func waitingReason(pod *v1.Pod) string {
	for _, condition := range pod.Status.Conditions {
		if condition.Status == v1.ConditionFalse && (condition.Type == v1.PodScheduled || condition.Reason == "WaitsForAgent") {
			return condition.Message
		}
	}
	return ""
}

// containers lists the ids of all containers, running or not, of the frameworks of the
// master at addr.
func containers(t testing.TB, addr string) []string {
	t.Helper()
	var found []string
	for _, f := range frameworks(t, addr) {
		found = append(found, containersOf(t, f.ID)...)
	}
	return found
}

// containersOf lists the ids of all containers of one framework.
func containersOf(t testing.TB, framework string) []string {
	t.Helper()
	return docker(t, "ps", "-aq", "--no-trunc", "--filter", "label="+frameworkLabel+"="+framework)
}

// frameworkLabel is the label with the framework's id on every container that an
// executor creates.
const frameworkLabel = "kubernetes-mesos.framework"

func docker(t testing.TB, args ...string) []string {
	t.Helper()
	out, err := exec.Command("docker", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("docker %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.Fields(string(out))
}
