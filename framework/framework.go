package framework

import (
	"context"
	"net/netip"
	"slices"
	"sync"

	"github.com/go-logr/logr"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/claims"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/dnsendpoints"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/events"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/mailbox"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/nodecerts"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/nodes"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/outbox"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/podspec"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/podwriter"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/records"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
)

// Framework runs the pods of a cluster on Mesos. It wires the loop and what works in the
// background for it.
type Framework struct {
	cfg      Config
	log      logr.Logger
	clock    clock
	identity *identity
	inbox    inbox
	outbox   *outbox.Outbox
	metrics  *metrics

	placements *placements

	askStates chan struct{} // holds a token while the master is to be asked for its agents at once

	watches     *watches
	events      *events.Recorder
	podWriter   *podwriter.Writer
	claims      *claims.Binder
	reasons     *podwriter.Reasons
	nominations *podwriter.Nominations
	nodeWriter  *nodes.Writer
	dnsWriter   *dnsendpoints.Writer
	tokens      *nodecerts.Tokens
	identities  *nodecerts.Identities
	approver    *nodecerts.Approver
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
		log:      cfg.Log,
		identity: &identity{info: cfg.Info},
		inbox:    mailbox.New[message](),
		metrics:  newMetrics(),

		placements: newPlacements(),

		askStates: make(chan struct{}, 1),

		events:     events.NewRecorder(cfg.Client, podspec.SchedulerName),
		tokens:     nodecerts.NewTokens(cfg.Client, cfg.Log),
		identities: nodecerts.NewIdentities(),
	}
	f.outbox = outbox.New(outbox.Config{Store: cfg.Store, Mesos: cfg.Mesos, Metrics: f.metrics, Log: cfg.Log})
	f.watches = newWatches(cfg.Client, f.inbox)
	f.approver = nodecerts.NewApprover(cfg.Client, f.watches.csrs.GetStore(), f.tokens, f.identities, f.second(), cfg.Log)
	f.watches.review(f.approver.Review)
	if cfg.Rules != nil {
		f.watches.followForRules(cfg.Client, f.inbox)
	}
	f.podWriter = podwriter.NewWriter(cfg.Client, f.events, cfg.Log)
	f.claims = claims.NewBinder(cfg.Client, cfg.Log)
	f.reasons = podwriter.NewReasons(cfg.Client, f.watches.pods.GetStore(), f.events, cfg.Log)
	f.nominations = podwriter.NewNominations(cfg.Client, cfg.Log)
	f.dnsWriter = dnsendpoints.NewWriter(cfg.Client, cfg.Log)
	f.nodeWriter = nodes.NewWriter(cfg.Client, f.watches.nodes.GetStore(), cfg.Log)
	return f, nil
}

// second returns what nodes' second addresses depend on.
func (f *Framework) second() nodecerts.Second {
	n := f.cfg.Cluster.Network
	if n == nil || len(n.Pods) < 2 && len(n.Services) < 2 {
		return nodecerts.Second{}
	}
	s := nodecerts.Second{Nodes: f.watches.nodes.GetStore(), Servers: func() []string { return f.cfg.settings().Servers }}
	for _, text := range slices.Concat(n.Pods, n.Services) {
		if r, err := netip.ParsePrefix(text); err == nil { // an executor refuses others
			s.Ranges = append(s.Ranges, r)
		}
	}
	return s
}

// Run resumes the work of an earlier life, if there was one, and returns when
// ctx ends, which is no error, or when Mesos refuses for good:
// [mesos.ErrFailedOver], a *[RemovedError] or a *[mesos.RejectedError]. It
// tears nothing down: pods live on until the failover timeout.
func (f *Framework) Run(ctx context.Context) error {
	stored, err := records.Read(ctx, f.cfg.Store)
	if err != nil {
		return err
	}
	if err := f.tokens.Load(ctx); err != nil {
		return err
	}
	f.identity.set(stored.Framework)

	ctx, cancel := context.WithCancelCause(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel(nil)
	for _, part := range []func(context.Context){
		f.newLoop(stored, f.outbox).run, f.outbox.Run, f.watches.run,
		f.podWriter.Run, f.claims.Run, f.reasons.Run, f.nominations.Run, f.events.Run, f.nodeWriter.Run, f.dnsWriter.Run, f.tokens.Run, f.approver.Run,
		f.watchSettings, f.watchMaintenance, f.watchAgentStates, f.watchVolumes, f.watchRulesNews,
	} {
		wg.Go(func() { part(ctx) })
	}
	if !f.watches.wait(ctx) {
		return nil
	}
	f.inbox.Put(podsSynced{})
	err = f.subscribe(ctx)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// watchRulesNews has the rules told of what others have answered them.
func (f *Framework) watchRulesNews(ctx context.Context) {
	for {
		select {
		case news := <-f.cfg.RulesNews:
			f.inbox.Put(ruleObject{object: news})
		case <-ctx.Done():
			return
		}
	}
}

// newLoop returns the loop with what is on record.
func (f *Framework) newLoop(stored records.Records, out jobs) *loop {
	now := f.clock.now
	l := &loop{
		core: scheduler.New(f.cfg.Core()), rules: f.cfg.Rules, recorder: f.cfg.Recorder,
		clock: f.clock, log: f.log, inbox: f.inbox, outbox: out, podWriter: f.podWriter, claims: f.claims, nominations: f.nominations, metrics: f.metrics,
		identity: f.identity, machines: f.cfg.Machines, settings: f.cfg.settings,
		changed:   now(),
		lastEvent: now(),
	}
	l.pods = newPodTracker(podTracker{
		step: l.step, now: now, events: f.events, reasons: f.reasons, remove: f.podWriter.Remove, metrics: f.metrics,
		schedulers: f.cfg.Schedulers, defaultContainer: f.cfg.DefaultContainer,
	})
	l.agents = newAgents(stored, out, f.log)
	l.nodes = &nodeKeeper{
		step: l.step, now: now, events: f.events, log: f.log,
		maxPods: f.cfg.MaxPods, nodePorts: f.cfg.NodePorts, view: nodes.NewView(), writer: f.nodeWriter, identities: f.identities,
		names: &nameServers{agents: l.agents, writer: f.dnsWriter, known: map[string]nameServer{}},
	}
	l.drains = &drains{step: l.step, outbox: out, log: f.log, agents: l.agents, nodes: l.nodes, askMaster: f.askStates}
	l.volumes = &volumeOffers{keeper: f.cfg.Volumes, now: now, outbox: out, agents: l.agents, drains: l.drains}
	l.maintenance = &maintenance{
		now: now, outbox: out, evict: f.podWriter.Evict, log: f.log,
		agents: l.agents, nodes: l.nodes, pods: l.pods,
	}
	l.launcher = &launcher{
		inbox: f.inbox, outbox: out, metrics: f.metrics, log: f.log,
		executor: f.cfg.Executor, cluster: f.cfg.cluster, tokens: f.tokens, identity: f.identity,
		agents: l.agents, nodes: l.nodes, pods: l.pods,
	}
	for _, a := range l.agents.sorted() {
		l.nodes.identify(a)
	}
	l.step(scheduler.Restored{Tasks: stored.Tasks})
	return l
}
