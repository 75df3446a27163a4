package scheduler

import (
	"math"
	"time"
)

// Config holds what the core cannot find out by itself. Zero values are
// replaced by the defaults given.
type Config struct {
	Executor Amount        // what an executor costs on an agent; 0 means nothing
	Hold     time.Duration // how long an offer is held at most; default 10 s
	Refuse   time.Duration // filter of a declined offer that is of no use; default 1 h
	Order    Order         // which pod goes first; default [FirstCome]
	Choice   Choice        // which agent takes it; default [Spread]
	// MaxPods is the most pods that an agent runs where its Node's allocatable
	// pods do not say; default: no limit.
	MaxPods int
	// Rules are asked where pods may run beyond that; default: none.
	Rules Rules
}

func (c Config) withDefaults() Config {
	if c.Hold <= 0 {
		c.Hold = 10 * time.Second
	}
	if c.Refuse <= 0 {
		c.Refuse = time.Hour
	}
	if c.MaxPods <= 0 {
		c.MaxPods = math.MaxInt
	}
	return c
}

// State is everything the core knows. It is not safe for concurrent use.
//
// It decides nothing itself: it passes each event to the part that it is about,
// and has pods matched to offers afterwards. The parts and what each owns are
// listed in the package comment.
//
// Maps are for lookup only; anything ordered is in a slice, so the same events
// always give the same calls.
type State struct {
	clock   clock
	session session
	changes changes

	pods   pods  // that the API server has announced
	queue  queue // those of them that wait
	nodes  nodes
	shares shares // what their namespaces have
	fleet  fleet  // agents and their offers

	residents residents // of nodes, as the Rules are told

	outlook     outlook     // on the fleet
	nominations nominations // of waiting pods to Nodes

	matcher   matcher     // of queue and fleet
	preemptor preemptor   // of pods on the fleet, by those of the queue
	demand    offerDemand // what Mesos knows of the queue
	reasons   reasons     // what pods know of it

	tasks      tasks
	attempts   attempts   // decides about tasks whose pod is not bound,
	bound      boundTasks // about those whose pod is,
	killer     killer     // and about those that must end
	reconciler reconciler // asks what became of tasks
}

// New returns the state of a framework that has seen nothing yet.
func New(cfg Config) *State {
	cfg = cfg.withDefaults()
	s := &State{}
	s.session.whyNot = notConnected
	s.changes = changes{clock: &s.clock, report: alarm{ring: s.report}}

	s.queue = queue{clock: &s.clock, changes: &s.changes, agents: &s.fleet, rules: cfg.Rules, classes: map[string]*class{}}
	s.residents = residents{rules: cfg.Rules, queue: &s.queue, changes: &s.changes}
	s.queue.lines = lines{fair: cfg.Order == Fair, shares: &s.shares}
	s.shares.nodes = &s.nodes
	if cfg.Order == Fair {
		s.shares.used = map[string]Amount{}
	}
	s.nodes = nodes{rules: kubernetesRules, maxPods: cfg.MaxPods, byName: map[string]*node{}}
	s.fleet = fleet{
		clock: &s.clock, changes: &s.changes, nodes: &s.nodes, shares: &s.shares, cfg: cfg,
		byID: map[string]*agent{}, offers: map[string]*agent{},
	}
	s.matcher = matcher{
		session: &s.session, changes: &s.changes, queue: &s.queue, fleet: &s.fleet, demand: &s.demand,
		rules: kubernetesRules, choice: cfg.Choice, refuse: cfg.Refuse, start: s.attempts.start,
	}
	s.demand.init(&s.clock, &s.session)
	s.outlook = outlook{clock: &s.clock, fleet: &s.fleet, demand: &s.demand}
	s.nominations = nominations{clock: &s.clock, session: &s.session, changes: &s.changes, queue: &s.queue, nodes: &s.nodes, outlook: &s.outlook, shown: map[string]string{}}
	s.preemptor = preemptor{
		clock: &s.clock, session: &s.session, changes: &s.changes, pods: &s.pods, queue: &s.queue, fleet: &s.fleet,
		nominations: &s.nominations, outlook: &s.outlook, rules: kubernetesRules,
	}
	s.reasons = reasons{
		clock: &s.clock, session: &s.session, changes: &s.changes,
		queue: &s.queue, fleet: &s.fleet, rules: kubernetesRules,
	}

	s.tasks = tasks{
		clock: &s.clock, session: &s.session, changes: &s.changes, fleet: &s.fleet,
		podOf: s.pods.get, due: s.taskDue, byID: map[string]*task{},
	}
	s.reconciler = reconciler{clock: &s.clock, session: &s.session, tasks: &s.tasks}
	s.reconciler.round.ring = s.reconciler.askForAll
	s.killer = killer{clock: &s.clock, session: &s.session, tasks: &s.tasks, fleet: &s.fleet, podOf: s.pods.get}
	s.killer.alarm.ring = s.killer.sendWaiting
	s.bound = boundTasks{
		clock: &s.clock, session: &s.session, queue: &s.queue, fleet: &s.fleet,
		tasks: &s.tasks, reconciler: &s.reconciler, killer: &s.killer, failing: map[string]*task{},
	}
	s.attempts = attempts{
		clock: &s.clock, session: &s.session, queue: &s.queue, fleet: &s.fleet,
		tasks: &s.tasks, reconciler: &s.reconciler, killer: &s.killer, bound: &s.bound, residents: &s.residents, nominations: &s.nominations,
		explain: s.reasons.explain,
	}
	s.pods = pods{
		session: &s.session, queue: &s.queue, tasks: &s.tasks, killer: &s.killer, bound: &s.bound, residents: &s.residents,
		nominations: &s.nominations,
		explain:     s.reasons.explain, byUID: map[string]*pod{}, stored: map[string][]*task{},
	}
	return s
}
