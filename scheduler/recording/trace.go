package recording

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
)

// Trace is what a recording says of a cluster apart from the decisions: which pods came
// and how long each ran, which agents there were, and what happened to Nodes. With it
// another core can be tried; see [Simulate].
type Trace struct {
	Header Header
	// Recorded is what became of the pods in the recording.
	Recorded Result

	events   []Entry // for any core
	lives    map[string]*life
	machines []*machine // in the order in which they offered first
	began    time.Time
	end      time.Time
}

// life is that of a pod, as it was recorded.
type life struct {
	name     string
	arrived  time.Time
	fixed    bool          // it was on its node when the recording began
	placed   bool          // it was bound in the recording
	ran      time.Duration // from its launch to its end
	launched time.Time
	ended    time.Time // zero: the recording ends before it
}

// machine is an agent.
type machine struct {
	id, node string
	since    time.Time // when it offered first
	size     scheduler.Amount
	ports    []scheduler.PortRange
}

// ReadTrace reads a recording to its end.
func ReadTrace(in *Reader) (*Trace, error) {
	r := traceReader{
		trace: &Trace{Header: in.Header, began: in.Header.Began, lives: map[string]*life{}},
		tasks: map[string]*scheduler.Task{}, machines: map[string]*visible{}, offers: map[string]*scheduler.Offer{},
		launched: map[string]time.Time{},
	}
	r.books = newBooks(r.trace)
	for first := true; ; first = false {
		e, err := in.Next()
		if errors.Is(err, io.EOF) {
			return r.finish(), nil
		}
		if err != nil {
			return nil, err
		}
		if first {
			r.trace.began = e.At
			r.books.at = e.At
		}
		if err := r.read(e); err != nil {
			return nil, err
		}
	}
}

// traceReader is what is known while a recording is read.
type traceReader struct {
	trace    *Trace
	books    *books
	tasks    map[string]*scheduler.Task // that live
	launched map[string]time.Time       // when, by task
	offers   map[string]*scheduler.Offer
	machines map[string]*visible
}

// visible is what can be seen of an agent's resources: what it offers, and what our tasks and
// executor there have.
type visible struct {
	*machine
	now      scheduler.Amount
	executor bool
}

func (r *traceReader) read(e Entry) error {
	if e.At.After(r.trace.end) {
		r.trace.end = e.At
	}
	e.At = r.trace.end // time does not run backwards
	r.books.until(e.At)
	switch event := e.Event.(type) {
	case scheduler.Restored:
		r.trace.events = append(r.trace.events, e)
		for _, t := range event.Tasks {
			r.begin(t, e.At)
		}
	case scheduler.PodAdded:
		r.trace.events = append(r.trace.events, e)
		if r.trace.lives[event.Pod.UID] == nil {
			l := &life{name: event.Pod.Namespace + "/" + event.Pod.Name, arrived: e.At, fixed: event.Node != ""}
			r.trace.lives[event.Pod.UID] = l
			r.books.arrived(event.Pod.UID, l)
		}
	case scheduler.PodRemoved:
		r.trace.events = append(r.trace.events, e)
		r.ended(event.UID, e.At)
	case scheduler.Bound:
		r.bound(event)
	case scheduler.Updated:
		if over(event.Update.State) {
			r.over(event.Update.Task, e.At)
		}
	case scheduler.LaunchFailed:
		for _, t := range event.Tasks {
			r.over(t.ID, e.At)
		}
	case scheduler.Offered:
		for _, o := range event.Offers {
			r.offered(o, e.At)
		}
	case scheduler.Rescinded:
		r.spend(event.ID)
	case scheduler.Subscribed, scheduler.Disconnected:
		r.trace.events = append(r.trace.events, e)
		for id := range r.offers {
			r.spend(id)
		}
	case scheduler.PodsListed, scheduler.PodStarted, scheduler.Resident, scheduler.RulesChanged, scheduler.NodeChanged, scheduler.BudgetChanged, Observed:
		r.trace.events = append(r.trace.events, e)
	}
	return r.calls(e)
}

// calls takes from the recorded calls what became of offers.
func (r *traceReader) calls(e Entry) error {
	for _, raw := range e.Calls {
		var c struct {
			Launch  *scheduler.Launch
			Decline *scheduler.Decline
		}
		if err := json.Unmarshal(raw, &c); err != nil {
			return err
		}
		switch {
		case c.Launch != nil:
			if m := r.machines[c.Launch.Agent]; m != nil && c.Launch.Executor {
				m.executor = true
			}
			for _, t := range c.Launch.Tasks {
				r.begin(t, e.At)
			}
			for _, id := range c.Launch.Offers {
				r.spend(id)
			}
		case c.Decline != nil:
			for _, id := range c.Decline.Offers {
				r.spend(id)
			}
		}
	}
	return nil
}

func (r *traceReader) offered(o scheduler.Offer, now time.Time) {
	m := r.machines[o.Agent]
	if m == nil {
		m = &visible{machine: &machine{id: o.Agent, node: o.Node, since: now}}
		r.machines[o.Agent] = m
		r.trace.machines = append(r.trace.machines, m.machine)
		for _, t := range r.tasks {
			if t.Agent == o.Agent {
				m.now = plus(m.now, t.Amount)
			}
		}
	}
	m.executor = o.Executor
	r.offers[o.ID] = &o
	m.now = plus(m.now, o.Amount)
	m.ports = union(m.ports, o.Ports)
	seen := m.now
	if m.executor {
		seen = plus(seen, r.trace.Header.Config.Executor)
	}
	m.size = most(m.size, seen)
}

func (r *traceReader) spend(offer string) {
	if o := r.offers[offer]; o != nil {
		delete(r.offers, offer)
		m := r.machines[o.Agent]
		m.now = minus(m.now, o.Amount)
	}
}

// begin notes a task that uses something from now on.
func (r *traceReader) begin(t scheduler.Task, now time.Time) {
	r.tasks[t.ID], r.launched[t.ID] = &t, now
	if m := r.machines[t.Agent]; m != nil {
		m.now = plus(m.now, t.Amount)
	}
	r.books.uses(t.Amount)
}

// over notes the end of a task, which is that of its pod if it ran.
func (r *traceReader) over(id string, now time.Time) {
	t := r.tasks[id]
	if t == nil {
		return
	}
	delete(r.tasks, id)
	if m := r.machines[t.Agent]; m != nil {
		m.now = minus(m.now, t.Amount)
	}
	r.books.uses(minus(scheduler.Amount{}, t.Amount))
	if l := r.trace.lives[t.PodUID]; l != nil && l.placed && l.launched.Equal(r.launched[id]) {
		r.ended(t.PodUID, now)
	}
}

func (r *traceReader) bound(e scheduler.Bound) {
	t := r.tasks[e.Task]
	if t == nil || e.Err != nil {
		return
	}
	if l := r.trace.lives[t.PodUID]; l != nil && !l.placed && !l.fixed {
		l.placed, l.launched = true, r.launched[e.Task]
		r.books.placed(t.PodUID, t.Node, l.launched)
	}
}

func (r *traceReader) ended(uid string, now time.Time) {
	if l := r.trace.lives[uid]; l != nil && l.ended.IsZero() {
		l.ended = now
		l.ran = now.Sub(l.launched)
	}
}

func (r *traceReader) finish() *Trace {
	r.trace.Recorded = r.books.close()
	return r.trace
}

// over reports whether nothing follows a task's state.
func over(s mesospb.TaskState) bool {
	switch s {
	case mesospb.TaskState_TASK_STAGING, mesospb.TaskState_TASK_STARTING, mesospb.TaskState_TASK_RUNNING,
		mesospb.TaskState_TASK_KILLING, mesospb.TaskState_TASK_UNREACHABLE, mesospb.TaskState_TASK_UNKNOWN:
		return false
	}
	return true
}

// union returns the ports that are in either of two lists of ranges.
func union(a, b []scheduler.PortRange) (all []scheduler.PortRange) {
	ranges := slices.Concat(a, b)
	slices.SortFunc(ranges, func(x, y scheduler.PortRange) int { return int(x.Begin) - int(y.Begin) })
	for _, r := range ranges {
		if n := len(all); n > 0 && int(r.Begin) <= int(all[n-1].End)+1 {
			all[n-1].End = max(all[n-1].End, r.End)
			continue
		}
		all = append(all, r)
	}
	return all
}
