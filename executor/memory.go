package executor

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// A memory holds what an executor hands over to the program that replaces it. Programs
// of other versions read it: fields may be added, but never change their meaning.
type memory struct {
	Spec     Spec         `json:"spec"`
	Signals  bool         `json:"signals"`
	Tasks    []taskMemory `json:"tasks"`    // alive
	Departed []taskMemory `json:"departed"` // remembered, the oldest first
	Owed     []byte       `json:"owed"`     // to the agent
}

type taskMemory struct {
	ID       string         `json:"id"`
	Ref      Ref            `json:"ref"`
	Seen     bool           `json:"seen,omitempty"`
	Started  bool           `json:"started,omitempty"`
	Killing  bool           `json:"killing,omitempty"`
	Removing bool           `json:"removing,omitempty"`
	Grace    *time.Duration `json:"grace,omitempty"`
	Running  *shown         `json:"running,omitempty"`
	End      *ending        `json:"end,omitempty"`
}

// remembers encodes the core's state. owed is that of the connection.
func (c *core) remembers(owed []byte) ([]byte, error) {
	m := memory{Spec: c.spec, Signals: c.signals, Owed: owed}
	for _, t := range c.tasks {
		m.Tasks = append(m.Tasks, t.memory())
	}
	for _, t := range c.departed {
		m.Departed = append(m.Departed, t.memory())
	}
	b, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("executor: its memory: %w", err)
	}
	return b, nil
}

// recall restores the core from a memory, and returns what is owed to the agent.
func recall(b []byte) (*core, []byte, error) {
	var m memory
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, nil, fmt.Errorf("executor: the memory of the program before: %w", err)
	}
	c := newCore()
	c.spec, c.signals = m.Spec, m.Signals
	for _, tm := range slices.Concat(m.Departed, m.Tasks) {
		if tm.ID == "" {
			return nil, nil, errors.New("executor: the memory of the program before has a task without an id")
		}
		t := tm.task()
		c.byID[t.id] = t
		if t.ref.UID != "" {
			c.byUID[t.ref.UID] = t
		}
		if len(c.departed) < len(m.Departed) {
			c.departed = append(c.departed, t)
		} else {
			c.tasks = append(c.tasks, t)
		}
	}
	return c, m.Owed, nil
}

// resume returns the effects that were requested and not answered, to be carried out
// again.
func (c *core) resume() []effect {
	var effects []effect
	if c.spec.Name != "" {
		effects = append(effects, start{c.spec})
	}
	for _, t := range slices.Concat(c.departed, c.tasks) {
		if t.removing {
			effects = append(effects, remove{t.ref, t.grace})
		}
	}
	for _, t := range c.tasks {
		if t.end != nil {
			effects = append(effects, await{t.ref})
		}
	}
	return effects
}

func (t *task) memory() taskMemory {
	return taskMemory{ID: t.id, Ref: t.ref, Seen: t.seen, Started: t.started, Killing: t.killing, Removing: t.removing,
		Grace: t.grace, Running: t.running, End: t.end}
}

func (m taskMemory) task() *task {
	return &task{id: m.ID, ref: m.Ref, seen: m.Seen, started: m.Started, killing: m.Killing, removing: m.Removing,
		grace: m.Grace, running: m.Running, end: m.End}
}

// endingMemory is an ending with Mesos states and reasons by name.
type endingMemory struct {
	State   string `json:"state"`
	Reason  string `json:"reason,omitempty"`
	Message string `json:"message"`
}

// MarshalJSON writes an ending into a memory.
func (e ending) MarshalJSON() ([]byte, error) {
	m := endingMemory{State: e.state.String(), Message: e.message}
	if e.reason != nil {
		m.Reason = e.reason.String()
	}
	return json.Marshal(m)
}

// UnmarshalJSON reads an ending from a memory.
func (e *ending) UnmarshalJSON(b []byte) error {
	var m endingMemory
	if err := json.Unmarshal(b, &m); err != nil {
		return err
	}
	state, known := mesospb.TaskState_value[m.State]
	if !known {
		return fmt.Errorf("%q is no state of a task", m.State)
	}
	*e = ending{state: mesospb.TaskState(state), message: m.Message}
	if reason, known := mesospb.TaskStatus_Reason_value[m.Reason]; known {
		e.reason = mesospb.TaskStatus_Reason(reason).Enum()
	}
	return nil
}
