package framework

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/golang/glog"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
)

// binders is how many bindings and other ends of pods are written at a time.
const binders = 32

// Framework runs the pods of a cluster on Mesos.
type Framework struct {
	cfg      Config
	identity *identity
	inbox    *inbox
	outbox   *outbox
	workers  *crew

	watches   *watches
	recorder  *recorder
	binder    *binder
	explainer *explainer
	writer    *nodeWriter
	tokens    *tokens
	book      *addressBook
	approver  *approver
}

// New wires a Framework; nothing happens before Run. The error says what is
// missing in cfg.
func New(cfg Config) (*Framework, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	f := &Framework{
		cfg:      cfg,
		identity: &identity{info: cfg.Info},
		inbox:    newInbox(),
		workers:  newCrew(binders),
		tokens:   newTokens(cfg.Client),
		recorder: newRecorder(cfg.Client),
	}
	f.outbox = &outbox{store: cfg.Store, mesos: cfg.Mesos, queue: newInbox()}
	f.book = newAddressBook(f.tokens)
	f.approver = &approver{client: cfg.Client, facts: f.book, queue: newQueue()}
	f.watches = newWatches(cfg.Client, f.inbox, f.approver.queue.Add)
	f.approver.csrs = f.watches.csrs.GetStore()
	f.binder = &binder{client: cfg.Client, recorder: f.recorder}
	f.explainer = newExplainer(cfg.Client, f.watches.pods.GetStore(), f.recorder)
	f.writer = newNodeWriter(cfg.Client, f.watches.nodes.GetStore())
	return f, nil
}

// Run takes up the work of an earlier life, if there was one, and lives until
// ctx ends, which is no error, or until Mesos refuses for good:
// [mesos.ErrFailedOver], a *[RemovedError] or a *[mesos.RejectedError]. It
// tears nothing down: pods live on until the failover timeout.
func (f *Framework) Run(ctx context.Context) error {
	stored, err := read(ctx, f.cfg.Store)
	if err != nil {
		return err
	}
	if err := f.tokens.load(ctx); err != nil {
		return err
	}
	f.identity.set(stored.framework)

	ctx, cancel := context.WithCancelCause(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel(nil)
	for _, part := range []func(context.Context){
		f.recorder.run, f.watches.run, f.workers.run, f.explainer.run,
		f.writer.run, f.tokens.run, f.approver.run, f.outbox.run, f.newLoop(stored).run,
	} {
		wg.Go(func() { part(ctx) })
	}
	if !f.watches.wait(ctx) {
		return nil
	}
	f.inbox.put(podsSynced{})
	err = f.subscribe(ctx)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// newLoop makes the loop with what is on record.
func (f *Framework) newLoop(stored records) *loop {
	l := &loop{
		Framework: f,
		state:     scheduler.New(scheduler.Config{Executor: f.cfg.Executor.Amount}),
		pods:      map[string]*v1.Pod{},
		waiting:   map[string]string{},
		agents:    newAgents(stored.agents),
		nodes:     map[string]*v1.Node{},
		told:      map[string]*v1.Node{},
	}
	for _, t := range stored.tasks {
		if a := l.agents.byID[t.Agent]; a != nil {
			a.tasks[t.ID] = t
		}
	}
	for _, a := range l.agents.byID {
		f.book.set(a.wanted())
	}
	l.step(scheduler.Restored{Tasks: stored.tasks})
	return l
}

// subscribe lives with Mesos. A framework that Mesos has removed begins anew
// only when nothing of the old one is on record, or when told to.
func (f *Framework) subscribe(ctx context.Context) error {
	for {
		err := f.cfg.Mesos.Run(ctx, f.identity.frameworkInfo, listener{f.inbox})
		if !errors.Is(err, mesos.ErrRemoved) || ctx.Err() != nil {
			return err
		}
		stored, readErr := read(ctx, f.cfg.Store)
		if readErr != nil {
			return readErr
		}
		if len(stored.tasks) > 0 && !f.cfg.StartOver {
			return &RemovedError{ID: f.identity.get(), Tasks: len(stored.tasks)}
		}
		glog.Warningf("framework: %v; starting over with a new framework id", err)
		f.identity.set("")
		for _, t := range stored.tasks {
			f.inbox.put(removedWith(t))
		}
	}
}

// removedWith is the end of a task whose framework was removed; no agent will
// report it.
func removedWith(t scheduler.Task) *mesospb.SchedulerEvent {
	reason := mesospb.TaskStatus_REASON_FRAMEWORK_REMOVED
	message := "Mesos removed the framework and killed its tasks"
	return &mesospb.SchedulerEvent{
		Type: mesospb.SchedulerEvent_UPDATE.Enum(),
		Update: &mesospb.SchedulerEvent_Update{Status: &mesospb.TaskStatus{
			TaskId:  &mesospb.TaskID{Value: &t.ID},
			AgentId: &mesospb.AgentID{Value: &t.Agent},
			State:   mesospb.TaskState_TASK_GONE.Enum(),
			Source:  mesospb.TaskStatus_SOURCE_MASTER.Enum(),
			Reason:  &reason,
			Message: &message,
		}},
	}
}

// RemovedError ends Run: Mesos has removed the framework, by a teardown or since
// it was away for longer than its failover timeout, while tasks are on record.
type RemovedError struct {
	ID    string
	Tasks int // on record
}

// Error names what happened and the cure.
func (e *RemovedError) Error() string {
	return fmt.Sprintf("Mesos has removed framework %s and killed its tasks, of which %d are on record here. "+
		"If that was intended, start once with -start_over: those pods fail, and a new framework begins", e.ID, e.Tasks)
}

// Unwrap makes it a [mesos.ErrRemoved].
func (e *RemovedError) Unwrap() error { return mesos.ErrRemoved }
