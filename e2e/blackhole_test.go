package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
	v1 "k8s.io/api/core/v1"
)

// On one of two agents no node can come up, as its root directory cannot be created.
// The agent looks empty and thus the best choice; still every pod runs on the other.
func TestAgentWhoseNodeFails(t *testing.T) {
	p := promised(t, "no node can come up on one of two agents", "every pod runs on the other one, none is Failed")
	broken := `case "$MESOS_SLAVE_ID" in *-S0) set -- -root_dir=/proc/none "$@";; esac; exec %s`
	c := cluster.Start(t, cluster.Config{Master: "local(2)", Args: []string{
		"-local_resources=cpus:4;mem:4096;disk:10000;ports:[31000-31099]", "-executor_uri=" + wrapped(t, broken)}})
	began := time.Now()
	for i := range 6 {
		create(t, c, webPod(fmt.Sprint("web-", i), "0.2"))
	}
	c.Process().Await(2*time.Minute, "six pods to run", func() bool {
		for _, pod := range list(t, c) {
			if pod.Status.Phase == v1.PodFailed {
				t.Fatalf("pod %s is Failed: %s", pod.Name, pod.Status.Message)
			}
		}
		return running(t, c) == 6
	})
	p.measure("six pods run after %.1f s", time.Since(began).Seconds())
	for _, task := range liveTasks(t, c.MesosAddr) {
		if !strings.HasSuffix(task.SlaveID, "-S1") {
			t.Errorf("task %s lives on agent %s", task.Name, task.SlaveID)
		}
	}
}
