package e2e

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
	v1 "k8s.io/api/core/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// A pod that fits on no agent reports what is missing and how much, does not block a
// smaller pod created after it, and precedes younger pods when room appears.
func TestOldestThatFitsGoesFirst(t *testing.T) {
	c := cluster.Start(t, cluster.Config{Args: []string{"-local_resources=cpus:2;mem:2048;disk:1000;ports:[31000-31100]"}})

	create(t, c, webPod("giant", "100"), webPod("first", "1.5"))
	awaitPhase(t, c, "first", v1.PodRunning)
	awaitReason(t, c, "giant", "1 Insufficient cpu (lacking 99.6 cpu)") // 2, less 0.1 for the executor and 1.5 for first

	create(t, c, webPod("older", "1.5"), webPod("younger", "1.5"), webPod("small", "0.1"))
	awaitPhase(t, c, "small", v1.PodRunning)
	awaitReason(t, c, "older", "1 Insufficient cpu (lacking 1.2 cpu)")
	awaitReason(t, c, "younger", "1 Insufficient cpu (lacking 1.2 cpu)")
	agrees(t, c, webPod("younger", "1.5"), "giant", "older")
	if told := dryRun(t, c, webPod("another", "0.1")); !slices.Equal(told, []string{"it would fit now on 1 of 1 nodes"}) {
		t.Errorf("the dry run of a small pod: %q", told)
	}
	if p := placementOf(t, c, "small"); p.State != "running" || p.Task == nil || p.Task.Node != get(t, c, "small").Spec.NodeName {
		t.Errorf("the placement of a pod that runs: %+v", p)
	}
	seesNoPlacement(t, c, "nobody", "younger")

	remove(t, c, "first")
	awaitPhase(t, c, "older", v1.PodRunning)
	if pod := get(t, c, "younger"); pod.Status.Phase != v1.PodPending || pod.Spec.NodeName != "" {
		t.Errorf("the younger pod is %s on %q; only the older one fits", pod.Status.Phase, pod.Spec.NodeName)
	}

	// Another scheduler binds a pod of its own, with the rights of a kube-scheduler. It is
	// started on that node when there is room, before the younger pod, and not before.
	theirs := webPod("theirs", "1.5")
	theirs.Spec.SchedulerName, theirs.Finalizers = "stock-scheduler", []string{"test.example/seen"}
	create(t, c, theirs)
	bindAs(t, c, "system:kube-scheduler", "theirs", get(t, c, "older").Spec.NodeName)
	awaitReason(t, c, "theirs", "assigned to node", "1 Insufficient cpu (lacking 1.2 cpu)")
	remove(t, c, "older")
	awaitPhase(t, c, "theirs", v1.PodRunning)
	if pod := get(t, c, "younger"); pod.Status.Phase != v1.PodPending {
		t.Errorf("the younger pod is %s", pod.Status.Phase)
	}

	preempts(t, c, "urgent", "theirs")
	if pod := get(t, c, "younger"); pod.Status.Phase != v1.PodPending {
		t.Errorf("the younger pod is %s", pod.Status.Phase)
	}

	// One that waits for its node, as nothing is left there, can be deleted.
	stuck := webPod("stuck", "1.5")
	stuck.Spec.NodeName = get(t, c, "urgent").Spec.NodeName
	create(t, c, stuck)
	awaitReason(t, c, "stuck", "assigned to node")
	remove(t, c, "stuck")
	awaitGone(t, c, "stuck")

	// An unmodified kube-scheduler binds through the API what fits.
	startKubeScheduler(t, c, "stock-scheduler")
	stock := webPod("stock", "0.1")
	stock.Spec.SchedulerName = "stock-scheduler"
	create(t, c, stock)
	awaitPhase(t, c, "stock", v1.PodRunning)
	for _, want := range []string{"kubernetes-mesos: LeftToAnotherScheduler", "stock-scheduler: Scheduled"} {
		if all := reportsOn(t, c, "stock"); !slices.Contains(all, want) {
			t.Errorf("the pod's events are %q, without %q", all, want)
		}
	}
}

// startKubeScheduler starts a kube-scheduler of this name, with the rights of one.
func startKubeScheduler(t *testing.T, c *cluster.Cluster, name string) {
	t.Helper()
	dir := t.TempDir()
	access, config := filepath.Join(dir, "kubeconfig"), filepath.Join(dir, "scheduler.yaml")
	for file, content := range map[string]string{
		access: fmt.Sprintf(`
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: %q}}]
users: [{name: u, user: {as: "system:kube-scheduler"}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
current-context: c`, c.URL()),
		config: fmt.Sprintf(`
apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
leaderElection: {leaderElect: false}
clientConnection: {kubeconfig: %q}
profiles: [{schedulerName: %q}]`, access, name),
	} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := cluster.Run(t, filepath.Join(cluster.Root(), "bin", "kube-scheduler"), "--config="+config, "--secure-port=0")
	t.Cleanup(p.Stop)
}

// reportsOn returns who has reported what about a pod.
func reportsOn(t *testing.T, c *cluster.Cluster, pod string) (all []string) {
	t.Helper()
	list, err := c.Client.CoreV1().Events("default").List(t.Context(), metav1.ListOptions{FieldSelector: "involvedObject.name=" + pod})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list.Items {
		all = append(all, cmp.Or(e.ReportingController, e.Source.Component)+": "+e.Reason)
	}
	return all
}

// preempts: a pod of a high priority takes the place of another, which has a finalizer and
// says why it ends.
func preempts(t *testing.T, c *cluster.Cluster, name, victim string) {
	t.Helper()
	class := &schedulingv1.PriorityClass{ObjectMeta: metav1.ObjectMeta{Name: "high"}, Value: 1000}
	if _, err := c.Client.SchedulingV1().PriorityClasses().Create(t.Context(), class, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	high := webPod(name, "1.5")
	high.Spec.PriorityClassName = class.Name
	create(t, c, high)
	awaitPhase(t, c, name, v1.PodRunning)
	gone := get(t, c, victim)
	because := func(cond v1.PodCondition) bool {
		return cond.Type == v1.DisruptionTarget && cond.Status == v1.ConditionTrue && cond.Reason == v1.PodReasonPreemptionByScheduler
	}
	if gone.DeletionTimestamp == nil || !slices.ContainsFunc(gone.Status.Conditions, because) {
		t.Errorf("pod %s made room, but is deleted at %v, with %+v", victim, gone.DeletionTimestamp, gone.Status.Conditions)
	}
	if _, err := c.Client.CoreV1().Pods("default").Patch(t.Context(), victim, types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`), metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	awaitGone(t, c, victim)
}

func bindAs(t *testing.T, c *cluster.Cluster, user, pod, node string) {
	t.Helper()
	client, err := kubernetes.NewForConfig(&rest.Config{Host: c.URL(), Impersonate: rest.ImpersonationConfig{UserName: user}})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.CoreV1().Pods("default").Bind(t.Context(), &v1.Binding{
		ObjectMeta: metav1.ObjectMeta{Name: pod},
		Target:     v1.ObjectReference{Kind: "Node", Name: node},
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// The API is also served without a Mesos, and pods report why they wait.
func TestNoMesos(t *testing.T) {
	c := cluster.Start(t, cluster.Config{Master: "none"})
	create(t, c, webPod("alone", "0.1"))
	awaitReason(t, c, "alone", "-mesos_master=none")
}
