package executor

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/glog"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// loop is one run of the executor. It owns the core; anything that has to wait runs
// in its own goroutine and sends the loop the result.
type loop struct {
	*Executor
	tasks   sync.WaitGroup
	left    error // what the node could not remove; to be read after tasks
	replace replacement
	idle    idleness
}

// Run runs until the agent sends SHUTDOWN or is gone for good, ctx ends, the node
// fails, or there has been nothing to do for long. In each case it then stops all
// pods, removes what was made for them, reports their end, and returns: nil if the
// end was requested and everything succeeded. When another program takes over, Run
// does not return, and the pods keep running; if that fails, they also keep running.
// Run is called once.
func (e *Executor) Run(ctx context.Context) error {
	l := &loop{Executor: e}
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	connection := make(chan error, 1)
	l.tasks.Go(func() { connection <- e.cfg.Mesos.Run(work, e) })
	l.apply(work, l.core.resume()...)

	why, connected := l.serve(ctx, work, connection)
	if errors.Is(why, mesos.ErrDetached) {
		return l.handOver(stop)
	}
	l.core.closing = true
	err := l.cleanUp(connected)
	close(e.closed) // SHUTDOWN has been dealt with
	stop()
	l.tasks.Wait()
	return errors.Join(why, err, l.left)
}

// serve runs until there is a reason to end. connected reports whether statuses can
// still be sent to the agent.
func (l *loop) serve(ctx, work context.Context, connection <-chan error) (why error, connected bool) {
	defer l.idle.stop()
	for {
		l.idle.watch(l.core)
		select {
		case event := <-l.events:
			if event.GetType() == mesospb.ExecutorEvent_SHUTDOWN {
				glog.Info("Mesos: told to shut down")
				return nil, true
			}
			l.apply(work, l.event(event)...)
		case <-l.up:
			l.apply(work, l.core.nodeIsUp()...)
		case pods := <-l.pods:
			l.apply(work, l.core.look(pods)...)
		case reason := <-l.waits:
			l.apply(work, l.core.waits(reason)...)
		case a := <-l.asked:
			if a.removed {
				l.core.removed(a.uid)
				continue
			}
			l.apply(work, l.core.gone(a.uid)...)
		case err := <-l.node:
			glog.Errorf("node %s: %v", l.core.spec.Name, err)
			l.apply(work, l.core.nodeFailed(err)...)
			return fmt.Errorf("%w: %w", ErrNode, err), true
		case f := <-l.ready:
			l.fetched(work, f)
		case <-l.idle.over():
			if l.quits() {
				glog.Infof("no pod has been here for %v: this executor ends", l.core.idleTimeout())
				return nil, true
			}
		case err := <-connection:
			if !errors.Is(err, mesos.ErrDetached) {
				glog.Errorf("Mesos: %v", err)
			}
			return err, false
		case <-ctx.Done():
			glog.Info("told by a signal to end")
			return nil, true
		}
	}
}

// event hands an event of the agent to the core.
func (l *loop) event(event *mesospb.ExecutorEvent) []effect {
	switch event.GetType() {
	case mesospb.ExecutorEvent_SUBSCRIBED:
		l.core.subscribed(event.GetSubscribed())
		glog.Infof("Mesos: subscribed at agent %s on %s for framework %s",
			l.core.spec.Agent, l.core.spec.Hostname, l.core.spec.Framework)
	case mesospb.ExecutorEvent_LAUNCH:
		return l.core.launch(event.GetLaunch().GetTask())
	case mesospb.ExecutorEvent_LAUNCH_GROUP:
		var effects []effect
		for _, t := range event.GetLaunchGroup().GetTaskGroup().GetTasks() {
			effects = append(effects, l.core.launch(t)...)
		}
		return effects
	case mesospb.ExecutorEvent_KILL:
		id := event.GetKill().GetTaskId().GetValue()
		glog.Infof("task %s: told to kill it", id)
		return l.core.kill(id, gracePeriod(event.GetKill().GetKillPolicy()))
	case mesospb.ExecutorEvent_MESSAGE:
		settings, err := taskdata.DecodeSettings(event.GetMessage().GetData())
		if err != nil {
			glog.Warningf("Mesos: ignoring a message of the framework: %v", err)
			return nil
		}
		return l.core.configured(settings)
	case mesospb.ExecutorEvent_ERROR:
		glog.Errorf("Mesos: the agent says: %s", event.GetError().GetMessage())
	default:
		glog.V(1).Infof("Mesos: nothing to do for event %v", event.GetType())
	}
	return nil
}

func gracePeriod(p *mesospb.KillPolicy) *time.Duration {
	if p.GetGracePeriod() == nil {
		return nil
	}
	d := time.Duration(p.GetGracePeriod().GetNanoseconds())
	return &d
}

// apply carries out effects.
func (l *loop) apply(work context.Context, effects ...effect) {
	for _, f := range effects {
		switch f := f.(type) {
		case update:
			glog.Infof("task %s: %v: %s", f.status.GetTaskId().GetValue(), f.status.GetState(), f.status.GetMessage())
			l.cfg.Mesos.Update(f.status)
		case start:
			l.tasks.Go(func() { l.runNode(work, f.spec) })
		case remove:
			l.tasks.Go(func() { l.remove(work, f) })
		case servers:
			glog.Infof("API servers: %v", f.urls)
			if err := l.cfg.Node.SetServers(f.urls); err != nil {
				glog.Warningf("keeping the API servers of before: %v", err)
			}
		case replace:
			l.want(work, f.program)
		case await:
			l.tasks.Go(func() { l.await(work, f.ref) })
		}
	}
}

func (l *loop) runNode(work context.Context, spec Spec) {
	err := l.cfg.Node.Run(work, spec, sight{l.Executor})
	if work.Err() != nil { // we have ended it
		l.left = err
		return
	}
	if err == nil {
		err = errors.New("the kubelet has ended without a reason")
	}
	l.node <- err
}

// cleanUp ends everything on the node and reports it, in the time that the agent
// allows. A third of that is kept for what follows the containers: the last statuses
// and the end of the process.
func (l *loop) cleanUp(connected bool) error {
	deadline, cancel := context.WithTimeout(context.Background(), l.cfg.Grace*9/10)
	defer cancel()
	drain, cancelDrain := context.WithTimeout(deadline, l.cfg.Grace*2/3)
	defer cancelDrain()

	var err error
	if l.core.spec.Name != "" {
		err = l.cfg.Node.Drain(drain)
	}
	l.apply(deadline, l.core.drained(err)...)
	if !connected {
		return err
	}
	flush, cancelFlush := context.WithTimeout(deadline, lastWords)
	defer cancelFlush()
	return errors.Join(err, l.cfg.Mesos.Flush(flush))
}

// lastWords is how long to wait for acknowledgements of the last statuses. After a
// teardown of the framework none come.
const lastWords = 5 * time.Second

var _ mesos.ExecutorHandler = (*Executor)(nil)
