package e2e

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/gogo/protobuf/proto"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/cluster"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// neighbour is another framework of the same Mesos. It keeps what it is offered.
type neighbour struct {
	mu     sync.Mutex
	agents map[string]bool
}

func (n *neighbour) Event(e *mesospb.SchedulerEvent) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, o := range e.GetOffers().GetOffers() {
		n.agents[o.GetAgentId().GetValue()] = true
	}
}

func (n *neighbour) Disconnected(error) {}

func (n *neighbour) offered() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.agents)
}

// While our pods fit nowhere, another framework is offered every agent within
// five seconds.
func TestNeighbour(t *testing.T) {
	c := cluster.Start(t, cluster.Config{Master: "local(2)", Args: []string{"-local_resources=cpus:4;mem:2048;disk:10000;ports:[31000-31099]"}})
	create(t, c, webPod("giant", "100"), webPod("giant-too", "100"))
	awaitReason(t, c, "giant", "cpu")
	awaitReason(t, c, "giant-too", "cpu")

	connection, err := mesos.NewScheduler(mesos.SchedulerConfig{Master: c.MesosAddr})
	if err != nil {
		t.Fatal(err)
	}
	n := &neighbour{agents: map[string]bool{}}
	ctx, leave := context.WithCancel(t.Context())
	var gone sync.WaitGroup
	defer gone.Wait()
	defer leave()
	began := time.Now()
	gone.Go(func() {
		_ = connection.Run(ctx, func() *mesospb.FrameworkInfo { // it ends as it is told to
			return &mesospb.FrameworkInfo{User: proto.String("root"), Name: proto.String("neighbour")}
		}, n)
	})
	c.Process().Await(soon, "the neighbour to be offered both agents", func() bool { return n.offered() == 2 })
	took := time.Since(began)
	t.Logf("the neighbour was offered both agents after %v", took.Round(time.Millisecond))
	if took > 5*time.Second {
		t.Errorf("that took %v", took)
	}
}
