package records

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
)

// Store keeps the records.
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

// PutFramework records the framework's id.
func PutFramework(id string) Change { return Change{keyFramework, []byte(id)} }

// PutTask records a task.
func PutTask(t scheduler.Task) Change { return put(keyTasks+t.ID, t) }

// DeleteTask deletes the record of a task.
func DeleteTask(id string) Change { return Change{Key: keyTasks + id} }

// IsTask reports whether the key is that of a task.
func IsTask(key string) bool { return strings.HasPrefix(key, keyTasks) }

// PutAgent records an agent.
func PutAgent(id string, a Agent) Change { return put(keyAgents+id, a) }

// DeleteAgent deletes the record of an agent.
func DeleteAgent(id string) Change { return Change{Key: keyAgents + id} }

func put(key string, v any) Change {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain structs of strings and numbers
	}
	return Change{key, b}
}
