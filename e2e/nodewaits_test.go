package e2e

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
	v1 "k8s.io/api/core/v1"
)

// A node without Docker accepts a pod and reports what it waits for.
func TestNodeWaits(t *testing.T) {
	endpoint := "unix://" + filepath.Join(t.TempDir(), "docker.sock")
	c := cluster.Start(t, cluster.Config{Args: []string{"-docker_endpoint=" + endpoint}})
	create(t, c, webPod("early", "0.2"))
	c.Process().Await(soon, "the event that names the missing Docker", func() bool {
		events, err := c.Client.CoreV1().Events("default").List(t.Context(), eventsOf("early"))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events.Items {
			if e.Type == v1.EventTypeWarning && e.Reason == "WaitsForNode" && strings.Contains(e.Message, endpoint) {
				t.Log(e.Message)
				return true
			}
		}
		return false
	})
}
