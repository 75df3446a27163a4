// Package records is what the framework must remember over its own end: its id, the
// tasks that it launched, the volumes that it has Mesos make, and what it knows of the
// agents it used.
//
// A record is stored before what it is about happens, so that the next life knows of
// everything that may have happened.
package records

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
)

// Records is the content of a Store.
type Records struct {
	Framework string           // its id; "": Mesos has given none yet
	Tasks     []scheduler.Task // by id, ascending
	Agents    map[string]Agent // by agent id
	Volumes   []Volume         // by name and node, ascending
}

// Agent holds what must be known about an agent before it offers again: it is stored
// with the first launch there. Executor is an encoded ExecutorInfo, kept byte for byte
// since Mesos compares it with that of the living executor.
type Agent struct {
	Node     string `json:"node"`
	Hostname string `json:"hostname"`
	Address  string `json:"address"`
	Executor []byte `json:"executor"`

	// Draining: the executor there must end before a task can be launched.
	Draining bool `json:"draining,omitempty"`
}

// The keys of the records.
const (
	keyFramework = "framework-id"
	keyTasks     = "tasks/"
	keyAgents    = "agents/"
	keyVolumes   = "volumes/"
)

// Read decodes what s holds. A record that cannot be read is an error that
// names its key: guessing could lose a pod.
func Read(ctx context.Context, s Store) (Records, error) {
	r := Records{Agents: map[string]Agent{}}
	all, err := s.Load(ctx)
	if err != nil {
		return r, fmt.Errorf("reading the framework's records: %w", err)
	}
	for key, value := range all {
		var err error
		switch {
		case key == keyFramework:
			r.Framework = string(value)
		case IsTask(key):
			var t scheduler.Task
			err = json.Unmarshal(value, &t)
			r.Tasks = append(r.Tasks, t)
		case strings.HasPrefix(key, keyAgents):
			var a Agent
			err = json.Unmarshal(value, &a)
			r.Agents[strings.TrimPrefix(key, keyAgents)] = a
		case strings.HasPrefix(key, keyVolumes):
			var v Volume
			err = json.Unmarshal(value, &v)
			r.Volumes = append(r.Volumes, v)
		}
		if err != nil {
			return r, fmt.Errorf("record %s: %w", key, err)
		}
	}
	slices.SortFunc(r.Tasks, func(a, b scheduler.Task) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(r.Volumes, func(a, b Volume) int { return strings.Compare(volumeKey(a), volumeKey(b)) })
	return r, nil
}

// DeleteAll deletes every record, the framework's id last: until then everything can be
// repeated. Records of volumes stay, as the volumes do.
func DeleteAll(ctx context.Context, s Store) error {
	all, err := s.Load(ctx)
	if err != nil {
		return err
	}
	changes := []Change{}
	for key := range all {
		if IsTask(key) || strings.HasPrefix(key, keyAgents) {
			changes = append(changes, Change{Key: key})
		}
	}
	for batch := range slices.Chunk(append(changes, Change{Key: keyFramework}), MaxChanges) {
		if err := s.Commit(ctx, batch); err != nil {
			return err
		}
	}
	return nil
}
