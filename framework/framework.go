package framework

import (
	"context"
	"sync"
	"time"

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
	clock    clock
	metrics  *metrics

	askStates chan struct{} // holds a token while the master is to be asked for its agents at once

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
		metrics:  newMetrics(),

		askStates: make(chan struct{}, 1),
	}
	f.outbox = &outbox{store: cfg.Store, mesos: cfg.Mesos, queue: newInbox(), metrics: f.metrics}
	f.book = newAddressBook(f.tokens)
	f.approver = &approver{client: cfg.Client, facts: f.book, queue: newQueue()}
	f.watches = newWatches(cfg.Client, f.inbox, f.approver.queue.Add)
	f.approver.csrs = f.watches.csrs.GetStore()
	f.binder = &binder{client: cfg.Client, recorder: f.recorder}
	f.explainer = newExplainer(cfg.Client, f.watches.pods.GetStore(), f.recorder)
	f.writer = newNodeWriter(cfg.Client, f.watches.nodes.GetStore())
	return f, nil
}

// Run resumes the work of an earlier life, if there was one, and returns when
// ctx ends, which is no error, or when Mesos refuses for good:
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
		f.writer.run, f.tokens.run, f.approver.run, f.outbox.run, f.watchSettings, f.watchMaintenance, f.watchAgentStates, f.newLoop(stored).run,
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

// newLoop returns the loop with what is on record.
func (f *Framework) newLoop(stored records) *loop {
	l := &loop{
		Framework: f,
		state:     scheduler.New(scheduler.Config{Executor: f.cfg.Executor.Amount}),
		pods:      map[string]*v1.Pod{},
		early:     map[string]*v1.Pod{},
		waiting:   map[string]string{},
		agents:    newAgents(stored.agents),
		nodes:     map[string]*v1.Node{},
		told:      map[string]*v1.Node{},
		unheard:   map[string]time.Time{},
		nodeWaits: map[string]string{},
		lastEvent: f.clock.now(),
	}
	for _, t := range stored.tasks {
		if a := l.agents.byID[t.Agent]; a != nil {
			a.tasks[t.ID] = t
		}
	}
	for _, a := range l.agents.byID {
		f.book.set(l.wanted(a))
	}
	l.step(scheduler.Restored{Tasks: stored.tasks})
	return l
}
