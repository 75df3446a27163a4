package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
)

// An unreachable master appears in the log within seconds, and in the reason why a pod
// waits.
func TestUnreachableMaster(t *testing.T) {
	master := fmt.Sprintf("127.0.0.1:%d", cluster.FreePort(t))
	c := cluster.Start(t, cluster.Config{Master: master, Args: []string{"-executor_uri=" + cluster.Binary("executor_runner")}})
	told := "no connection to the Mesos master " + master
	c.Process().Await(5*time.Second, "a line about the master", func() bool { return strings.Contains(c.Process().Output(), told) })
	create(t, c, webPod("early", "0.1"))
	awaitReason(t, c, "early", told)
	awaitReason(t, c, "early", "connection refused")
}
