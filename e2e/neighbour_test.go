package e2e

import (
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesostest/otherframework"
)

// While our pods fit on no agent, another framework gets offers from every agent within
// five seconds.
func TestNeighbour(t *testing.T) {
	c := cluster.Start(t, cluster.Config{Master: "local(2)", Args: []string{"-local_resources=cpus:4;mem:2048;disk:10000;ports:[31000-31099]"}})
	create(t, c, webPod("giant", "100"), webPod("giant-too", "100"))
	awaitReason(t, c, "giant", "cpu")
	awaitReason(t, c, "giant-too", "cpu")

	began := time.Now()
	n := otherframework.Join(t, c.MesosAddr, func(m *mesos.SchedulerConfig) { m.Principal, m.Secret = cluster.Principal, cluster.Secret })
	c.Process().Await(soon, "the neighbour to be offered both agents", func() bool { return n.Offered() == 2 })
	took := time.Since(began)
	t.Logf("the neighbour was offered both agents after %v", took.Round(time.Millisecond))
	if took > 5*time.Second {
		t.Errorf("that took %v", took)
	}
}
