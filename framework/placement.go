package framework

import (
	"context"
	"fmt"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/podspec"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
)

// queueFor is how long the queue is taken to be as it was read: reading it takes the loop
// a millisecond with some thousand pods.
const queueFor = time.Second

// placements are questions about where pods stand or would go. They are put to the loop one
// at a time, so that it has time for the pods, however many ask.
type placements struct {
	turn  chan struct{} // held by who asks
	read  time.Time     // when queue was
	queue scheduler.Queue
}

func newPlacements() *placements { return &placements{turn: make(chan struct{}, 1)} }

// inTurn calls ask when it may. It fails when ctx ends before that.
func (p *placements) inTurn(ctx context.Context, ask func() error) error {
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
		return ask()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Placement returns where a pod stands. It fails when ctx ends before the loop answers.
func (f *Framework) Placement(ctx context.Context, uid string) (p scheduler.Placement, err error) {
	err = f.placements.inTurn(ctx, func() error {
		p, err = ask(ctx, f.inbox, func(l *loop) scheduler.Placement { return l.placement(uid) })
		return err
	})
	return p, err
}

// placement adds to what the core knows of a pod what its node says, and why the core
// does not know it.
func (l *loop) placement(uid string) scheduler.Placement {
	p, known := l.core.Placement(uid)
	switch pod := l.pods.get(uid); {
	case known && p.Task != nil && l.pods.nodeWaits[uid] != "":
		p.Message = nodeCannot(p.Task.Node, l.pods.nodeWaits[uid])
	case known:
	case pod != nil && l.pods.waiting[uid] != "": // no agent could ever run it
		p.State, p.Message = "waiting", l.pods.waiting[uid]
	case l.pods.unknown[uid] != "":
		p.State, p.Message = "left alone", l.pods.unknown[uid]
	default:
		p.State = "unknown"
	}
	return p
}

// Queue returns the pods that wait, in order, as they did at most a second ago. Nobody
// may change it. It fails when ctx ends before the loop answers.
func (f *Framework) Queue(ctx context.Context) (queue scheduler.Queue, err error) {
	p := f.placements
	err = p.inTurn(ctx, func() error {
		if now := time.Now(); now.Sub(p.read) >= queueFor {
			found, err := ask(ctx, f.inbox, func(l *loop) scheduler.Queue { return l.core.Queue() })
			if err != nil {
				return err
			}
			found.Sort()
			p.queue, p.read = found, now
		}
		queue = p.queue
		return nil
	})
	return queue, err
}

// Fit returns where a pod that does not exist would fit now, or what such a pod would be told. It
// fails when ctx ends before the loop answers.
func (f *Framework) Fit(ctx context.Context, p *v1.Pod) (message string, err error) {
	if !f.cfg.Schedulers.Asked(p) && p.Spec.NodeName == "" {
		return leftAlone(p, f.cfg.Schedulers), nil
	}
	pod, missing := podspec.Requirements(p, f.cfg.DefaultContainer)
	if missing != "" {
		return missing, nil
	}
	err = f.placements.inTurn(ctx, func() error {
		message, err = ask(ctx, f.inbox, func(l *loop) string {
			_, message := l.core.Fit(pod, l.agents.freed)
			return message
		})
		return err
	})
	return message, err
}

// freed returns what has become free on an agent since its latest offer.
func (as *agents) freed(id string) scheduler.Amount {
	if a := as.byID[id]; a != nil {
		return a.freed
	}
	return scheduler.Amount{}
}

func nodeCannot(node, why string) string {
	return fmt.Sprintf("node %s cannot run it yet: %s", node, why)
}
