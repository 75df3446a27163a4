package framework

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
)

// Store keeps the framework's few records: its id, the tasks that it launched
// and what it knows of the agents it used.
type Store interface {
	// Load returns all records by key.
	Load(ctx context.Context) (map[string][]byte, error)

	// Commit makes all of the changes, at most MaxChanges and no key twice,
	// or none. When it returns nil they survive a crash.
	Commit(ctx context.Context, changes []Change) error
}

// MaxChanges is how many changes one Commit may have; etcd refuses a
// transaction of more than 128 operations by default.
const MaxChanges = 100

// Change is a new value for a key; nil deletes it.
type Change struct {
	Key   string
	Value []byte
}

// The keys of the store.
const (
	keyFramework = "framework-id"
	keyTasks     = "tasks/"
	keyAgents    = "agents/"
)

// records is the content of a Store.
type records struct {
	framework string
	tasks     []scheduler.Task
	agents    map[string]agentRecord // by agent id
}

// agentRecord holds what must be known about an agent before it offers again: it
// is stored with the first launch there. Executor is an encoded ExecutorInfo,
// kept byte for byte since Mesos compares it with that of the living executor.
type agentRecord struct {
	Node     string `json:"node"`
	Hostname string `json:"hostname"`
	Address  string `json:"address"`
	Executor []byte `json:"executor"`

	// Draining: the executor there must end before a task can be launched.
	Draining bool `json:"draining,omitempty"`
}

// read decodes what s holds. A record that cannot be read is an error that
// names its key: guessing could lose a pod.
func read(ctx context.Context, s Store) (records, error) {
	r := records{agents: map[string]agentRecord{}}
	all, err := s.Load(ctx)
	if err != nil {
		return r, fmt.Errorf("reading the framework's records: %w", err)
	}
	for key, value := range all {
		var err error
		switch {
		case key == keyFramework:
			r.framework = string(value)
		case strings.HasPrefix(key, keyTasks):
			var t scheduler.Task
			err = json.Unmarshal(value, &t)
			r.tasks = append(r.tasks, t)
		case strings.HasPrefix(key, keyAgents):
			var a agentRecord
			err = json.Unmarshal(value, &a)
			r.agents[strings.TrimPrefix(key, keyAgents)] = a
		}
		if err != nil {
			return r, fmt.Errorf("record %s: %w", key, err)
		}
	}
	sortTasks(r.tasks)
	return r, nil
}

func putTask(t scheduler.Task) Change { return put(keyTasks+t.ID, t) }

func putAgent(id string, a agentRecord) Change { return put(keyAgents+id, a) }

func put(key string, v any) Change {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain structs of strings and numbers
	}
	return Change{key, b}
}
