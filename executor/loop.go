package executor

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-logr/logr"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// loop is one run of the executor. It owns the core; anything that has to wait runs
// in its own goroutine and sends the loop the result.
type loop struct {
	cfg  Config
	log  logr.Logger
	core *core

	events   <-chan *mesospb.ExecutorEvent // of the agent
	observed observer                      // reports of the node
	answers  chan answer                   // effects that have been carried out
	node     chan error                    // the node has failed, or ended

	tasks    sync.WaitGroup
	left     error // what the node could not remove; to be read after tasks
	programs replacement
	idle     idleness
}

// answer says that an effect has been carried out.
type answer struct {
	uid     string
	deleted bool // true: deletePod; false: awaitStopped
}

// Run runs until the agent sends SHUTDOWN or is gone for good, ctx ends, the node
// fails, or there has been nothing to do for long. In each case it then stops all
// pods, removes what was made for them, reports their end, and returns: nil if the
// end was requested and everything succeeded. When another program takes over, Run
// does not return, and the pods keep running; if that fails, they also keep running.
// Run is called once.
func (e *Executor) Run(ctx context.Context) error {
	l := &loop{
		cfg: e.cfg, log: e.cfg.Log, core: e.core, events: e.events, observed: newObserver(),
		answers: make(chan answer), node: make(chan error, 1), programs: newReplacement(),
	}
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	connection := make(chan error, 1)
	l.tasks.Go(func() { connection <- e.cfg.Mesos.Run(work, e) })
	l.apply(work, l.core.resume()...)

	why, connected := l.serve(ctx, work, connection)
	if errors.Is(why, mesos.ErrDetached) {
		close(e.closed)
		stop()
		return l.handOver()
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
				l.log.Info("shutting down, as the agent asks")
				return nil, true
			}
			l.apply(work, l.event(event)...)
		case <-l.observed.up:
			l.apply(work, l.core.nodeIsUp()...)
		case pods := <-l.observed.pods:
			l.apply(work, l.core.podsChanged(pods)...)
		case reason := <-l.observed.waits:
			l.apply(work, l.core.nodeWaits(reason)...)
		case a := <-l.answers:
			if a.deleted {
				l.core.deletionRequested(a.uid)
				continue
			}
			l.apply(work, l.core.containersStopped(a.uid)...)
		case err := <-l.node:
			l.log.Error(err, "the node has failed", "node", l.core.spec.Name)
			l.apply(work, l.core.nodeFailed(err)...)
			return fmt.Errorf("%w: %w", ErrNode, err), true
		case f := <-l.programs.ready:
			l.programFetched(work, f)
		case <-l.idle.over():
			if l.quits() {
				l.log.Info("shutting down, as there was no pod for a while", "timeout", l.core.idleTimeout())
				return nil, true
			}
		case err := <-connection:
			if !errors.Is(err, mesos.ErrDetached) {
				l.log.Error(err, "the connection to the agent has ended")
			}
			return err, false
		case <-ctx.Done():
			l.log.Info("shutting down on a signal")
			return nil, true
		}
	}
}

// event hands an event of the agent to the core.
func (l *loop) event(event *mesospb.ExecutorEvent) []effect {
	switch event.GetType() {
	case mesospb.ExecutorEvent_SUBSCRIBED:
		l.core.subscribed(event.GetSubscribed())
		l.log.Info("subscribed", "agent", l.core.spec.Agent, "host", l.core.spec.Hostname, "framework", l.core.spec.Framework)
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
		l.log.Info("killing a task, as Mesos asks", "task", id)
		return l.core.kill(id, gracePeriod(event.GetKill().GetKillPolicy()))
	case mesospb.ExecutorEvent_MESSAGE:
		settings, err := taskdata.DecodeSettings(event.GetMessage().GetData())
		if err != nil {
			l.log.Error(err, "ignoring a message of the framework")
			return nil
		}
		return l.core.configured(settings)
	case mesospb.ExecutorEvent_ERROR:
		l.log.Error(nil, "the agent reports an error", "message", event.GetError().GetMessage())
	default:
		l.log.V(1).Info("ignoring an event of the agent", "type", event.GetType().String())
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
			l.log.Info("task status", "task", f.status.GetTaskId().GetValue(), "state", f.status.GetState().String(), "message", f.status.GetMessage())
			l.cfg.Mesos.Update(f.status)
		case startNode:
			l.tasks.Go(func() { l.runNode(work, f.spec) })
		case deletePod:
			l.tasks.Go(func() { l.deletePod(work, f) })
		case setServers:
			l.log.Info("using other API servers", "servers", f.urls)
			if err := l.cfg.Runner.SetServers(f.urls); err != nil {
				l.log.Error(err, "keeping the previous API servers")
			}
		case hold:
			l.cfg.Runner.Hold(f.uid, f.amount)
		case replaceProgram:
			l.requestProgram(work, f.program)
		case awaitStopped:
			l.tasks.Go(func() { l.awaitStopped(work, f.ref) })
		}
	}
}

func (l *loop) runNode(work context.Context, spec Spec) {
	err := l.cfg.Runner.Run(work, spec, l.observed)
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
		err = l.cfg.Runner.Drain(drain)
	}
	l.apply(deadline, l.core.drained(err)...)
	if !connected {
		return err
	}
	flush, cancelFlush := context.WithTimeout(deadline, lastFlush)
	defer cancelFlush()
	return errors.Join(err, l.cfg.Mesos.Flush(flush))
}

// lastFlush is how long to wait for acknowledgements of the last statuses. After a
// teardown of the framework none come.
const lastFlush = 5 * time.Second
