package records

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
)

// memory is a Store that fails after some commits.
type memory struct {
	records map[string][]byte
	commits int // that succeed; below zero: all
}

var errMemory = errors.New("as the test has it")

func newMemory(changes ...Change) *memory {
	m := &memory{records: map[string][]byte{}, commits: -1}
	for _, c := range changes {
		m.records[c.Key] = c.Value
	}
	return m
}

func (m *memory) Load(context.Context) (map[string][]byte, error) { return maps.Clone(m.records), nil }

func (m *memory) Commit(_ context.Context, changes []Change) error {
	if m.commits == 0 || len(changes) > MaxChanges {
		return errMemory
	}
	m.commits--
	for _, c := range changes {
		if c.Value == nil {
			delete(m.records, c.Key)
		} else {
			m.records[c.Key] = c.Value
		}
	}
	return nil
}

func task(id string) scheduler.Task {
	return scheduler.Task{ID: id, PodUID: "uid", Attempt: 1, Agent: "S1", Node: "n1", Amount: scheduler.Amount{CPU: 500, Mem: 64}}
}

// What was put is read again; what a later version may add is left alone.
func TestRead(t *testing.T) {
	t.Parallel()
	agent := Agent{Node: "n1", Hostname: "N1", Address: "10.0.0.1:5051", Executor: []byte{0, 1, 255}, Draining: true}
	m := newMemory(PutTask(task("b.1")), PutTask(task("a.1")), PutAgent("S1", agent), PutFramework("F"), Change{"later/version", []byte("?")})
	got, err := Read(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	if got.Framework != "F" || len(got.Tasks) != 2 || got.Tasks[0].ID != "a.1" || got.Tasks[0].Amount != task("").Amount {
		t.Errorf("read %+v", got)
	}
	if a := got.Agents["S1"]; string(a.Executor) != string(agent.Executor) || !a.Draining || a.Address != agent.Address {
		t.Errorf("read agent %+v", a)
	}
	for _, key := range []string{"tasks/broken", "agents/broken"} {
		m := newMemory(Change{key, []byte("{")})
		if _, err := Read(t.Context(), m); err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("a broken record: %v", err)
		}
	}
}

// The form of the records is that of every version before.
func TestForm(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		got  Change
		want string
	}{
		{PutFramework("F-1"), "framework-id=F-1"},
		{DeleteTask("uid.1"), "tasks/uid.1="},
		{DeleteAgent("S1"), "agents/S1="},
		{PutAgent("S1", Agent{Node: "n1"}), `agents/S1={"node":"n1","hostname":"","address":"","executor":null}`},
		{PutAgent("S1", Agent{Executor: []byte("x"), Draining: true}), `agents/S1={"node":"","hostname":"","address":"","executor":"eA==","draining":true}`},
	} {
		if got := c.got.Key + "=" + string(c.got.Value); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

// The framework's id goes last, and what is not the framework's stays.
func TestDeleteAll(t *testing.T) {
	t.Parallel()
	for commits, want := range map[int]int{-1: 1, 0: 2*MaxChanges + 3, 1: MaxChanges + 3} {
		m := newMemory(PutFramework("F"), PutAgent("S1", Agent{}), Change{"pki/authorities", []byte("not ours to delete")})
		for i := range 2 * MaxChanges {
			c := PutTask(task(fmt.Sprint(i)))
			m.records[c.Key] = c.Value
		}
		m.commits = commits
		err := DeleteAll(t.Context(), m)
		if (err == nil) != (commits < 0) || len(m.records) != want {
			t.Errorf("after %d commits %d records are left, want %d: %v", commits, len(m.records), want, err)
		}
		if _, there := m.records[keyFramework]; there == (commits < 0) {
			t.Errorf("after %d commits the framework's id is there: %t", commits, there)
		}
	}
}
