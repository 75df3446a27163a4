package framework

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesostest/otherframework"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// calls counts the calls that the framework sends.
type calls struct {
	Mesos
	mu   sync.Mutex
	sent []mesospb.SchedulerCall_Type
}

func (c *calls) Send(ctx context.Context, calls ...*mesospb.SchedulerCall) error {
	c.mu.Lock()
	for _, call := range calls {
		c.sent = append(c.sent, call.GetType())
	}
	c.mu.Unlock()
	return c.Mesos.Send(ctx, calls...)
}

// sentSoFar returns the types of the calls that were sent.
func (c *calls) sentSoFar() []mesospb.SchedulerCall_Type {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.sent)
}

// A framework whose pods fit nowhere leaves the agents to others: another one
// that comes is offered all of them within five seconds.
func TestOtherFramework(t *testing.T) {
	t.Parallel()
	s := newLocalCluster(t, local.Faults{})
	s.post(makePod("big", func(p *v1.Pod) {
		p.Spec.Containers[0].Resources.Requests[v1.ResourceCPU] = resource.MustParse("100")
	}))
	s.eventually("the pod knows why it waits", func() bool {
		status, err := s.frame.Status(s.Context())
		s.must(err)
		return len(status.Waiting) == 1 && len(status.Agents) == 3
	})
	n := otherframework.Join(t, s.mesos.Addr())
	s.within(15*time.Second, func() string { return "the other framework is offered all agents" }, func() bool { return n.Offered() == 3 })
}

var ofOffers = []mesospb.SchedulerCall_Type{
	mesospb.SchedulerCall_ACCEPT, mesospb.SchedulerCall_DECLINE, mesospb.SchedulerCall_REVIVE, mesospb.SchedulerCall_SUPPRESS,
}

// A framework with nothing to launch is offered nothing: once it has suppressed
// offers, it handles none in five minutes of its time.
func TestIdle(t *testing.T) {
	t.Parallel()
	counted := &calls{}
	s := newLocalCluster(t, local.Faults{}, func(c *Config) { counted.Mesos, c.Mesos = c.Mesos, counted })
	s.pods(3)
	s.settle(false)
	s.eventually("offers are suppressed", func() bool {
		sent := slices.DeleteFunc(slices.Clone(counted.sentSoFar()), func(c mesospb.SchedulerCall_Type) bool { return !slices.Contains(ofOffers, c) })
		return len(sent) > 0 && sent[len(sent)-1] == mesospb.SchedulerCall_SUPPRESS
	})
	before, began := len(counted.sentSoFar()), s.frame.clock.now()
	s.within(time.Minute, func() string { return "five minutes pass" }, func() bool { return s.frame.clock.now().Sub(began) > 5*time.Minute })
	for _, c := range counted.sentSoFar()[before:] {
		switch c {
		case mesospb.SchedulerCall_DECLINE, mesospb.SchedulerCall_REVIVE, mesospb.SchedulerCall_ACCEPT:
			t.Errorf("%s of an idle framework", c)
		}
	}
	s.end()
}
