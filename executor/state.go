package executor

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// state is what an executor hands over to the program that replaces it. Programs of other
// versions read it: fields may be added, but never change their meaning or JSON name.
type state struct {
	Spec     Spec        `json:"spec"`
	Signals  bool        `json:"signals"`
	Tasks    []taskState `json:"tasks"`    // alive
	Finished []taskState `json:"departed"` // the oldest first
	Owed     []byte      `json:"owed"`     // what the connection has not got acknowledged
}

type taskState struct {
	ID       string         `json:"id"`
	Ref      Ref            `json:"ref"`
	Amount   *Amount        `json:"amount,omitempty"` // nil: unknown, as to earlier versions
	Bound    bool           `json:"seen,omitempty"`
	Started  bool           `json:"started,omitempty"`
	Killing  bool           `json:"killing,omitempty"`
	Removing bool           `json:"removing,omitempty"`
	Grace    *time.Duration `json:"grace,omitempty"`
	Running  *shown         `json:"running,omitempty"`
	End      *ending        `json:"end,omitempty"`
}

// marshal encodes the core's state together with that of the connection.
func (c *core) marshal(owed []byte) ([]byte, error) {
	s := state{Spec: c.spec, Signals: c.signals, Owed: owed}
	for _, t := range c.tasks {
		s.Tasks = append(s.Tasks, t.state())
	}
	for _, t := range c.finished {
		s.Finished = append(s.Finished, t.state())
	}
	b, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("executor: encoding its state: %w", err)
	}
	return b, nil
}

// restore returns the core of an encoded state, and the state of the connection.
func restore(b []byte) (c *core, owed []byte, err error) {
	var s state
	if err := json.Unmarshal(b, &s); err != nil {
		return nil, nil, fmt.Errorf("executor: the state of the previous program: %w", err)
	}
	c = newCore()
	c.spec, c.signals = s.Spec, s.Signals
	for _, ts := range slices.Concat(s.Finished, s.Tasks) {
		if ts.ID == "" {
			return nil, nil, errors.New("executor: the state of the previous program has a task without an id")
		}
		t := ts.task()
		c.byID[t.id] = t
		if t.ref.UID != "" {
			c.byUID[t.ref.UID] = t
		}
		if len(c.finished) < len(s.Finished) {
			c.finished = append(c.finished, t)
		} else {
			c.tasks = append(c.tasks, t)
		}
	}
	return c, s.Owed, nil
}

// resume returns the effects that were requested and not answered, to be carried out
// again.
func (c *core) resume() []effect {
	var effects []effect
	if c.spec.Name != "" {
		effects = append(effects, startNode{c.spec})
	}
	for _, t := range c.tasks {
		effects = append(effects, t.holds()...)
	}
	for _, t := range slices.Concat(c.finished, c.tasks) {
		if t.removing {
			effects = append(effects, deletePod{t.ref, t.grace})
		}
	}
	for _, t := range c.tasks {
		if t.end != nil {
			effects = append(effects, awaitStopped{t.ref})
		}
	}
	return effects
}

func (t *task) state() taskState {
	s := taskState{ID: t.id, Ref: t.ref, Bound: t.bound, Started: t.started, Killing: t.killing, Removing: t.removing,
		Grace: t.grace, Running: t.running, End: t.end}
	if t.amount != (Amount{}) {
		s.Amount = &t.amount
	}
	return s
}

func (s taskState) task() *task {
	t := &task{id: s.ID, ref: s.Ref, bound: s.Bound, started: s.Started, killing: s.Killing, removing: s.Removing,
		grace: s.Grace, running: s.Running, end: s.End}
	if s.Amount != nil {
		t.amount = *s.Amount
	}
	return t
}

// endingState is an ending with Mesos states and reasons by name.
type endingState struct {
	State   string `json:"state"`
	Reason  string `json:"reason,omitempty"`
	Message string `json:"message"`
}

// MarshalJSON writes an ending into a state.
func (e ending) MarshalJSON() ([]byte, error) {
	s := endingState{State: e.state.String(), Message: e.message}
	if e.reason != nil {
		s.Reason = e.reason.String()
	}
	return json.Marshal(s)
}

// UnmarshalJSON reads an ending from a state.
func (e *ending) UnmarshalJSON(b []byte) error {
	var s endingState
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	state, known := mesospb.TaskState_value[s.State]
	if !known {
		return fmt.Errorf("%q is not a state of a task", s.State)
	}
	*e = ending{state: mesospb.TaskState(state), message: s.Message}
	if reason, known := mesospb.TaskStatus_Reason_value[s.Reason]; known {
		e.reason = mesospb.TaskStatus_Reason(reason).Enum()
	}
	return nil
}
