package recording

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
)

// line is an Entry as it is written.
type line struct {
	At    time.Time
	Event string // its type
	Of    json.RawMessage
	Calls []json.RawMessage `json:",omitempty"`
	Known bool              `json:",omitempty"`
}

// encode returns an entry's line, without its end.
func encode(at time.Time, e scheduler.Event, calls []scheduler.Call, known bool) ([]byte, error) {
	of, err := json.Marshal(toWire(e))
	if err != nil {
		return nil, fmt.Errorf("event %T: %w", e, err)
	}
	l := line{At: at, Event: name(e), Of: of, Known: known}
	for _, c := range calls {
		b, err := encodeCall(c)
		if err != nil {
			return nil, err
		}
		l.Calls = append(l.Calls, b)
	}
	return json.Marshal(l)
}

// encodeCall returns a call as an object of one field, the name of its type.
func encodeCall(c scheduler.Call) (json.RawMessage, error) {
	if a, ok := c.(scheduler.Acknowledge); ok {
		c = acknowledge{Task: a.Task, Agent: a.Agent, UUID: []byte(a.UUID), Call: a}
	}
	b, err := json.Marshal(map[string]any{name(c): c})
	if err != nil {
		return nil, fmt.Errorf("call %T: %w", c, err)
	}
	return b, nil
}

// acknowledge is an Acknowledge whose UUID, which is no text, survives.
type acknowledge struct {
	scheduler.Call `json:"-"`
	Task, Agent    string
	UUID           []byte
}

// decode reads a line.
func decode(b []byte) (Entry, error) {
	var l line
	if err := json.Unmarshal(b, &l); err != nil {
		return Entry{}, err
	}
	read := readers[l.Event]
	if read == nil {
		return Entry{}, fmt.Errorf("unknown event %q: the recording is of another version of this program", l.Event)
	}
	e, err := read(l.Of)
	if err != nil {
		return Entry{}, fmt.Errorf("event %s: %w", l.Event, err)
	}
	return Entry{At: l.At, Event: e, Calls: l.Calls, Known: l.Known}, nil
}

func name(v any) string {
	if a, ok := v.(acknowledge); ok {
		v = a.Call
	}
	return reflect.TypeOf(v).Name()
}

// The events that JSON cannot hold as they are.
type (
	disconnected struct{ Err string }
	updated      struct {
		scheduler.Update
		UUID []byte `json:",omitempty"` // in place of a string that is no text
	}
	launchFailed struct {
		Tasks []scheduler.Task
		Err   string
	}
	bound struct {
		Task   string
		Err    string `json:",omitempty"`
		Denied bool   `json:",omitempty"`
	}
)

func toWire(e scheduler.Event) any {
	switch e := e.(type) {
	case scheduler.PodAdded:
		e.Pod.Object = trimmedPod(e.Pod.Object)
		return e
	case scheduler.Resident:
		e.Pod.Object = trimmedPod(e.Pod.Object)
		return e
	case scheduler.NodeChanged:
		return scheduler.NodeChanged{Name: e.Name, Node: trimmedNode(e.Node)}
	case scheduler.Disconnected:
		return disconnected{Err: message(e.Err)}
	case scheduler.Updated:
		return updated{Update: e.Update, UUID: []byte(e.Update.UUID)}
	case scheduler.LaunchFailed:
		return launchFailed{Tasks: e.Tasks, Err: message(e.Err)}
	case scheduler.Bound:
		return bound{Task: e.Task, Err: message(e.Err), Denied: e.Denied}
	}
	return e
}

// readers has a function for each type of event.
var readers = map[string]func(json.RawMessage) (scheduler.Event, error){
	"Restored":      plain[scheduler.Restored],
	"PodRemoved":    plain[scheduler.PodRemoved],
	"PodStarted":    plain[scheduler.PodStarted],
	"PodsListed":    plain[scheduler.PodsListed],
	"BudgetChanged": plain[scheduler.BudgetChanged],
	"NodeChanged":   plain[scheduler.NodeChanged],
	"RulesChanged":  plain[scheduler.RulesChanged],
	"Subscribed":    plain[scheduler.Subscribed],
	"Offered":       plain[scheduler.Offered],
	"Rescinded":     plain[scheduler.Rescinded],
	"ExecutorLost":  plain[scheduler.ExecutorLost],
	"AgentLost":     plain[scheduler.AgentLost],
	"Failed":        plain[scheduler.Failed],
	"Tick":          plain[scheduler.Tick],
	"Observed":      from(readObserved),
	"PodAdded": from(func(e scheduler.PodAdded) (scheduler.Event, error) {
		compile(&e.Pod)
		return e, nil
	}),
	"Resident": from(func(e scheduler.Resident) (scheduler.Event, error) {
		compile(&e.Pod)
		return e, nil
	}),
	"Disconnected": from(func(w disconnected) (scheduler.Event, error) {
		return scheduler.Disconnected{Err: failure(w.Err)}, nil
	}),
	"Updated": from(func(w updated) (scheduler.Event, error) {
		w.Update.UUID = string(w.UUID)
		return scheduler.Updated{Update: w.Update}, nil
	}),
	"LaunchFailed": from(func(w launchFailed) (scheduler.Event, error) {
		return scheduler.LaunchFailed{Tasks: w.Tasks, Err: failure(w.Err)}, nil
	}),
	"Bound": from(func(w bound) (scheduler.Event, error) {
		return scheduler.Bound{Task: w.Task, Err: failure(w.Err), Denied: w.Denied}, nil
	}),
}

// observed is an Observed whose object has not been read yet.
type observed struct {
	Kind   schema.GroupVersionKind
	Object json.RawMessage
	Gone   bool
}

// readObserved reads an object as what its kind is.
func readObserved(w observed) (scheduler.Event, error) {
	object, err := scheme.Scheme.New(w.Kind)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(w.Object, object); err != nil {
		return nil, fmt.Errorf("%s: %w", w.Kind.Kind, err)
	}
	return Observed{Kind: w.Kind, Object: object, Gone: w.Gone}, nil
}

// plain reads an event that JSON holds as it is.
func plain[E scheduler.Event](b json.RawMessage) (scheduler.Event, error) {
	var e E
	return e, json.Unmarshal(b, &e)
}

// from returns a reader of events that are written as a W.
func from[W any](event func(W) (scheduler.Event, error)) func(json.RawMessage) (scheduler.Event, error) {
	return func(b json.RawMessage) (scheduler.Event, error) {
		var w W
		if err := json.Unmarshal(b, &w); err != nil {
			return nil, err
		}
		return event(w)
	}
}

// compile restores what of a pod is not written: it is made of its object.
func compile(p *scheduler.Pod) {
	if p.Object != nil {
		p.Affinity = nodeaffinity.GetRequiredNodeAffinity(p.Object)
	}
}

// message is an error as it is written, failure one that was read.
func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func failure(s string) error {
	if s == "" {
		return nil
	}
	return errors.New(s)
}
