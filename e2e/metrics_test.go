package e2e

import (
	"strings"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
	v1 "k8s.io/api/core/v1"
)

// The API server's /metrics includes the framework's own.
func TestMetrics(t *testing.T) {
	c := cluster.Start(t, cluster.Config{})
	create(t, c, webPod("measured", "0.2"))
	awaitPhase(t, c, "measured", v1.PodRunning)
	text := ""
	c.Process().Await(soon, "the launch to be counted", func() bool {
		_, body := c.Do("GET", "/metrics", nil)
		text = string(body)
		return strings.Contains(text, "\nkubernetes_mesos_launch_seconds_count 1\n")
	})
	for _, want := range []string{`subscribed 1`, `launches_total{kind="new"} 1`, `tasks{state="running"} 1`, `pods_waiting 0`} {
		if !strings.Contains(text, "\nkubernetes_mesos_"+want+"\n") {
			t.Errorf("/metrics lacks %s", want)
		}
	}
	if !strings.Contains(text, "\napiserver_request_total") {
		t.Error("/metrics lacks those of the API server")
	}
	remove(t, c, "measured")
	awaitGone(t, c, "measured")
}
