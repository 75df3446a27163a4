// Package otherframework gives a test another framework on the same Mesos.
package otherframework

import (
	"context"
	"sync"
	"testing"

	"github.com/gogo/protobuf/proto"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// Neighbour is another framework. It keeps the offers it gets.
type Neighbour struct {
	mu     sync.Mutex
	agents map[string]bool
}

// Join subscribes a framework to the master at host:port until the test ends. A
// change may give it credentials.
func Join(t testing.TB, master string, change ...func(*mesos.SchedulerConfig)) *Neighbour {
	t.Helper()
	cfg := mesos.SchedulerConfig{Master: master}
	for _, c := range change {
		c(&cfg)
	}
	connection, err := mesos.NewScheduler(cfg)
	if err != nil {
		t.Fatal(err)
	}
	n := &Neighbour{agents: map[string]bool{}}
	ctx, leave := context.WithCancel(context.Background())
	var gone sync.WaitGroup
	gone.Go(func() {
		_ = connection.Run(ctx, func() *mesospb.FrameworkInfo { // it ends as ordered
			return &mesospb.FrameworkInfo{User: proto.String("root"), Name: proto.String("neighbour")}
		}, n)
	})
	t.Cleanup(func() { leave(); gone.Wait() })
	return n
}

// Event handles an event from the master.
func (n *Neighbour) Event(e *mesospb.SchedulerEvent) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, o := range e.GetOffers().GetOffers() {
		n.agents[o.GetAgentId().GetValue()] = true
	}
}

// Disconnected does nothing: the framework will subscribe again.
func (n *Neighbour) Disconnected(error) {}

// Offered returns how many agents have been offered so far.
func (n *Neighbour) Offered() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.agents)
}
