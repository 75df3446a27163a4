package recording

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
)

// Outcome counts what a replay has shown.
type Outcome struct {
	Steps     int
	Launches  int
	Different int // steps whose calls are not those that were recorded
}

// Replay gives a core the recorded events at their times, and its Rules, which may be nil, what
// they were told. It writes what the core decides, and where that differs from what was
// recorded.
func Replay(in *Reader, core Core, rules Rules, out io.Writer) (Outcome, error) {
	r := &replay{core: core, rules: rules, out: out, pods: map[string]arrival{}}
	for {
		e, err := in.Next()
		if errors.Is(err, io.EOF) {
			return r.outcome, r.err
		}
		if err != nil {
			return r.outcome, err
		}
		if err := r.step(e); err != nil {
			return r.outcome, err
		}
	}
}

type replay struct {
	core    Core
	rules   Rules
	out     io.Writer
	outcome Outcome
	pods    map[string]arrival // by uid
	err     error              // of the first write that failed
}

type arrival struct {
	name string
	at   time.Time
}

func (r *replay) step(e Entry) error {
	if o, is := e.Event.(Observed); is {
		if r.rules != nil {
			r.rules.Observe(o.Object, o.Gone)
		}
		return nil
	}
	r.outcome.Steps++
	switch event := e.Event.(type) {
	case scheduler.PodAdded:
		if _, known := r.pods[event.Pod.UID]; !known {
			r.pods[event.Pod.UID] = arrival{event.Pod.Namespace + "/" + event.Pod.Name, e.At}
		}
	case scheduler.PodRemoved:
		defer delete(r.pods, event.UID)
	}
	calls := r.core.Step(e.At, e.Event)
	var encoded []json.RawMessage
	for _, c := range calls {
		r.tell(e.At, c)
		b, err := encodeCall(c)
		if err != nil {
			return err
		}
		encoded = append(encoded, b)
	}
	if !e.Known {
		r.compare(e, encoded)
	}
	return nil
}

// tell writes what a call decides.
func (r *replay) tell(at time.Time, c scheduler.Call) {
	switch c := c.(type) {
	case scheduler.Launch:
		for _, t := range c.Tasks {
			r.outcome.Launches++
			p := r.pods[t.PodUID]
			r.printf(at, "launch %s on %s (agent %s), attempt %d, after %v", p.name, t.Node, t.Agent, t.Attempt, at.Sub(p.at).Round(time.Millisecond))
		}
	case scheduler.Kill:
		r.printf(at, "kill task %s on agent %s", c.Task, c.Agent)
	case scheduler.Preempt:
		r.printf(at, "preempt %s on %s for %s", r.pods[c.PodUID].name, c.Node, r.pods[c.For].name)
	case scheduler.Fail:
		r.printf(at, "fail %s: %s: %s", r.pods[c.PodUID].name, c.Reason, c.Message)
	case scheduler.Explain:
		r.printf(at, "%s waits: %s", r.pods[c.PodUID].name, c.Message)
	}
}

// compare writes the calls that were recorded where those of now are others.
func (r *replay) compare(e Entry, now []json.RawMessage) {
	if same(e.Calls, now) {
		return
	}
	r.outcome.Different++
	r.printf(e.At, "step %d (%s) differs", r.outcome.Steps, name(e.Event))
	for _, c := range e.Calls {
		r.printf(e.At, "  recorded %s", c)
	}
	for _, c := range now {
		r.printf(e.At, "  now      %s", c)
	}
}

func same(a, b []json.RawMessage) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !bytes.Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

func (r *replay) printf(at time.Time, format string, args ...any) {
	if r.err == nil {
		_, r.err = fmt.Fprintf(r.out, at.UTC().Format("2006-01-02T15:04:05.000Z")+" "+format+"\n", args...)
	}
}
