package e2e

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// showsPulls shows that a pull from a registry that takes its time is told of, and then why it
// failed, in the registry's words.
func showsPulls(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	refuse := make(chan struct{})
	registry := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		<-refuse
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusForbidden)
		w.Write([]byte(`{"errors":[{"code":"DENIED","message":"ask the owner of the shop"}]}`))
	}))
	defer registry.Close()
	pod := webPod("slow", "0.1")
	pod.Spec.Containers[0].Image = strings.TrimPrefix(registry.URL, "http://") + "/shop:1"
	create(t, c, pod)
	awaitEvent(t, c, "slow", "PullProgress", "waiting for the registry")
	close(refuse)
	awaitEvent(t, c, "slow", "Failed", "ask the owner of the shop")
	remove(t, c, "slow")
	awaitGone(t, c, "slow")
}

// awaitEvent waits for an event of a pod with this reason and text.
func awaitEvent(t *testing.T, c *cluster.Cluster, pod, reason, text string) {
	t.Helper()
	c.Process().Await(soon, "an event "+reason+" of pod "+pod+": "+text, func() bool {
		events, err := c.Client.CoreV1().Events(v1.NamespaceDefault).List(context.Background(), metav1.ListOptions{FieldSelector: "involvedObject.name=" + pod})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events.Items {
			if e.Reason == reason && strings.Contains(e.Message, text) {
				return true
			}
		}
		return false
	})
}
