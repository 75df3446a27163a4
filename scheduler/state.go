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
	// MaxPods is the most pods that an agent runs where its Node's allocatable
	// pods do not say; default: no limit.
	MaxPods int
}

// New returns the state of a framework that has seen nothing yet.
func New(cfg Config) *State {
	if cfg.Hold <= 0 {
		cfg.Hold = 10 * time.Second
	}
	if cfg.Refuse <= 0 {
		cfg.Refuse = time.Hour
	}
	if cfg.MaxPods <= 0 {
		cfg.MaxPods = math.MaxInt
	}
	s := &State{
		cfg:     cfg,
		pods:    map[string]*pod{},
		tasks:   map[string]*task{},
		agents:  map[string]*agent{},
		offers:  map[string]*agent{},
		nodes:   map[string]*node{},
		classes: map[string]*class{},
		stored:  map[string][]*task{},
		dying:   map[string]*task{},
		over:    tombs{seen: map[string]bool{}},
		apart:   "not connected to a Mesos master",
	}
	s.killer.init(s)
	s.wish.init(s)
	s.teller.init(s)
	s.round.ring = s.reconcileAll
	return s
}

// State is everything the core knows. It is not safe for concurrent use.
//
// Its maps are for lookup only; anything ordered is in a slice, so the same
// events always give the same calls.
type State struct {
	cfg   Config
	now   time.Time // of the current Step
	calls []Call    // of the current Step

	connected bool   // to a Mesos master
	apart     string // why not; a sentence
	listed    bool   // every pod that existed at start has been announced

	pods    map[string]*pod   // by uid
	tasks   map[string]*task  // by id; live ones, and those whose end is not settled
	agents  map[string]*agent // by Mesos agent id
	offers  map[string]*agent // who made the offer; held ones only
	nodes   map[string]*node  // by name
	classes map[string]*class // of waiting pods

	stored map[string][]*task // by pod uid: tasks of an earlier life whose pod has not been announced
	dying  map[string]*task   // by pod uid: tasks whose pod is being failed

	arrivals uint64 // pods ever announced
	launches uint64 // Launch calls ever made
	index    index  // classes of waiting pods, by age and need
	late     []*pod // pods that wait for the end of their backoff

	known   []*agent // all agents, in the order in which they were met
	fresh   []*agent // agents whose offers must be looked at in this Step
	useless []string // offers to be declined in this Step
	stirred bool     // a class that had no pod ready has one now

	killer killer
	wish   wish    // for offers: suppressed or revived
	teller teller  // of reasons
	asking []*task // to be reconciled in this Step
	round  alarm   // next reconciliation of everything
	over   tombs   // tasks that ended lately
	alarms alarms
}

// Step applies one event and returns the calls it gives rise to, in order.
// Time must not run backwards; when it does, it is taken to stand still.
func (s *State) Step(now time.Time, e Event) []Call {
	if now.After(s.now) {
		s.now = now
	}
	s.calls = nil
	for a := s.alarms.due(s.now); a != nil; a = s.alarms.due(s.now) {
		a.ring()
	}
	s.apply(e)
	s.match()
	s.decline()
	s.reconcile()
	s.ask()
	return s.calls
}

// Next returns when the core wants a Tick at the latest; zero means never.
func (s *State) Next() time.Time { return s.alarms.next() }

func (s *State) call(c Call) { s.calls = append(s.calls, c) }

func (s *State) apply(e Event) {
	switch e := e.(type) {
	case Restored:
		s.restored(e.Tasks)
	case PodAdded:
		s.podAdded(e.Pod, e.Node)
	case PodRemoved:
		s.podRemoved(e.UID)
	case PodsListed:
		s.podsListed()
	case NodeChanged:
		s.nodeChanged(e)
	case Subscribed:
		s.subscribed()
	case Disconnected:
		s.disconnected(e.Err)
	case Offered:
		s.offered(e.Offers)
	case Rescinded:
		s.rescinded(e.ID)
	case Updated:
		s.updated(e.Update)
	case ExecutorLost:
		s.executorLost(e.Agent)
	case AgentLost:
		s.agentLost(e.Agent)
	case LaunchFailed:
		s.launchFailed(e)
	case Bound:
		s.bound(e)
	case Failed:
		s.failed(e.PodUID)
	case Tick:
		// Time has passed: the alarms have rung already.
	}
}
