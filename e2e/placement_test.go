package e2e

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/placement"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// agrees: what a waiting pod's condition says, its placement and the answer to a dry run of
// a pod like it are the same, word for word, and it is behind the pods ahead.
func agrees(t *testing.T, c *cluster.Cluster, pod *v1.Pod, ahead ...string) {
	t.Helper()
	p := placementOf(t, c, pod.Name)
	said := waitingReason(get(t, c, pod.Name))
	var first []string
	if p.Queue != nil {
		for _, n := range p.Queue.FirstAhead {
			first = append(first, n.Name)
		}
	}
	if p.State != "waiting" || p.Message != said || !slices.Equal(first, ahead) || p.Queue.Position != len(ahead)+1 || p.Offers.Nearest == nil {
		t.Errorf("pod %s says %q, its placement is %+v, the pods ahead %v", pod.Name, said, p, first)
	}
	like := pod.DeepCopy()
	like.Name += "-like"
	if told := dryRun(t, c, like); !slices.Equal(told, []string{said}) {
		t.Errorf("pod %s says %q, the dry run of one like it %q", pod.Name, said, told)
	}
}

func placementOf(t *testing.T, c *cluster.Cluster, pod string) (p placement.Placement) {
	t.Helper()
	code, body := c.Do("GET", "/api/v1/namespaces/default/pods/"+pod+"/placement", nil)
	if err := json.Unmarshal(body, &p); err != nil || code != 200 {
		t.Fatalf("the placement of %s: %d %s", pod, code, body)
	}
	return p
}

// warned collects the warnings in answers.
type warned []string

func (w *warned) HandleWarningHeader(_ int, _, text string) { *w = append(*w, text) }

// dryRun returns the warnings in the answer to the dry run of a pod's creation.
func dryRun(t *testing.T, c *cluster.Cluster, pod *v1.Pod) []string {
	t.Helper()
	var told warned
	client, err := kubernetes.NewForConfig(&rest.Config{Host: c.URL(), WarningHandler: &told})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.CoreV1().Pods(pod.Namespace).Create(t.Context(), pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}); err != nil {
		t.Fatal(err)
	}
	return told
}

// seesNoPlacement: somebody without rights on pods learns nothing from placements.
func seesNoPlacement(t *testing.T, c *cluster.Cluster, user, pod string) {
	t.Helper()
	client, err := kubernetes.NewForConfig(&rest.Config{Host: c.URL(), Impersonate: rest.ImpersonationConfig{UserName: user}})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/api/v1/namespaces/default/pods/" + pod + "/placement", placement.QueuePath} {
		if body, err := client.CoreV1().RESTClient().Get().AbsPath(path).DoRaw(t.Context()); !apierrors.IsForbidden(err) {
			t.Errorf("%s gets %s: %v %s", user, path, err, body)
		}
	}
}
