package framework

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// inOutbox lets an outbox do jobs in a bubble of time until it is idle, and
// returns what was stored and sent.
func inOutbox(t *testing.T, prepare func(*memory, *master), jobs ...job) (entries []string, store *memory) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		j := &journal{}
		m := newMaster(j)
		store = newMemory(j)
		if prepare != nil {
			prepare(store, m)
		}
		o := &outbox{store: store, mesos: m, queue: newInbox(), metrics: newMetrics()}
		for _, job := range jobs {
			o.put(job)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { o.run(ctx); close(ended) }()
		wait(ctx, 1e12) // simulated: whatever is repeated has been by then
		stop()
		<-ended
		entries = j.entries
	})
	return entries, store
}

func putJob(key string, call *mesospb.SchedulerCall) job {
	return job{changes: []Change{{key, []byte("x")}}, call: call}
}

func TestOutboxOrder(t *testing.T) {
	t.Parallel()
	got, _ := inOutbox(t, nil,
		putJob("tasks/a", mesos.Accept([]string{"o"}, 0)),
		job{changes: []Change{{Key: "tasks/z"}}, must: true},
		job{call: mesos.Acknowledge("z", "S", []byte("u"))},
		job{call: mesos.Suppress()})
	want := []string{"put tasks/a", "delete tasks/z", "send ACCEPT", "send ACKNOWLEDGE", "send SUPPRESS"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A repeated key waits for the next transaction: etcd refuses it within one.
func TestOutboxSameKey(t *testing.T) {
	t.Parallel()
	got, _ := inOutbox(t, nil,
		putJob("tasks/a", mesos.Accept(nil, 0)),
		job{changes: []Change{{Key: "tasks/a"}}, must: true, call: mesos.Suppress()})
	if want := []string{"put tasks/a", "send ACCEPT", "delete tasks/a", "send SUPPRESS"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// When a transaction fails, the jobs in it are done one by one: one that can be
// stored is, one that must be is repeated, and nothing overtakes it.
func TestOutboxStoreFails(t *testing.T) {
	t.Parallel()
	var failed error
	must := 3
	launch := putJob("tasks/bad", mesos.Accept(nil, 0))
	launch.failed = func(err error) { failed = err }
	got, _ := inOutbox(t, func(m *memory, _ *master) {
		m.fail = func(cs []Change) error {
			for _, c := range cs {
				if c.Key == "tasks/bad" {
					return errStory
				}
				if c.Key == "framework-id" && must > 0 {
					must--
					return errStory
				}
			}
			return nil
		}
	}, job{changes: []Change{{"framework-id", []byte("F")}}, must: true}, launch, putJob("tasks/good", mesos.Revive()))
	if want := []string{"put framework-id", "put tasks/good", "send REVIVE"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if !errors.Is(failed, errStory) {
		t.Errorf("the launch failed with %v", failed)
	}
}

// A launch of more tasks than a transaction holds is stored as a whole or not.
func TestOutboxLargeLaunch(t *testing.T) {
	t.Parallel()
	for _, broken := range []bool{false, true} {
		t.Run(fmt.Sprint("broken=", broken), func(t *testing.T) {
			t.Parallel()
			large := job{call: mesos.Accept(nil, 0)}
			for i := range 250 {
				large.changes = append(large.changes, Change{fmt.Sprintf("tasks/%03d", i), []byte("x")})
			}
			var failed error
			large.failed = func(err error) { failed = err }
			got, store := inOutbox(t, func(m *memory, _ *master) {
				m.fail = func(cs []Change) error {
					if broken && cs[0].Key == "tasks/200" && cs[0].Value != nil {
						return errStory
					}
					return nil
				}
			}, large)
			sent := slices.Contains(got, "send ACCEPT")
			if stored := len(store.records); sent == broken || broken && (stored != 0 || failed == nil) || !broken && stored != 250 {
				t.Errorf("%d of 250 stored, sent: %v, failed: %v", stored, sent, failed)
			}
		})
	}
}

// What the master refuses is taken back; what is lost on the way is left to
// reconciliation.
func TestOutboxRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err   error
		gone  bool
		fails bool
	}{
		"refused":        {&mesos.CallError{Call: "ACCEPT", Status: 400}, true, true},
		"not subscribed": {mesos.ErrNotSubscribed, false, false},
		"connection cut": {errStory, false, false},
		"master trouble": {&mesos.CallError{Call: "ACCEPT", Status: 503}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var failed error
			launch := putJob("tasks/a", mesos.Accept(nil, 0))
			launch.changes = append(launch.changes, Change{"agents/S", []byte("x")})
			launch.failed = func(err error) { failed = err }
			_, store := inOutbox(t, func(_ *memory, m *master) { m.refuse = c.err }, launch)
			_, there := store.get("tasks/a")
			if _, agent := store.get("agents/S"); there == c.gone || (failed != nil) != c.fails || !agent {
				t.Errorf("record there: %v, failed: %v, agent's record there: %v", there, failed, agent)
			}
		})
	}
}

func TestReadRecords(t *testing.T) {
	t.Parallel()
	m := newMemory(&journal{})
	task := taskOn("uid.1", "uid", 1, "S1", "n1")
	agent := agentRecord{Node: "n1", Hostname: "N1", Address: "10.0.0.1:5051", Executor: []byte{0, 1, 255}}
	for _, c := range []Change{putTask(task), putAgent("S1", agent), {keyFramework, []byte("F")}, {"later/version", []byte("?")}} {
		m.records[c.Key] = c.Value
	}
	got, err := read(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	if got.framework != "F" || len(got.tasks) != 1 || got.tasks[0].ID != task.ID || string(got.agents["S1"].Executor) != string(agent.Executor) {
		t.Errorf("read %+v", got)
	}
	m.records["tasks/broken"] = []byte("{")
	if _, err := read(t.Context(), m); err == nil || !strings.Contains(err.Error(), "tasks/broken") {
		t.Errorf("a broken record: %v", err)
	}
}
