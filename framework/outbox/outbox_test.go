package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/records"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

var errTest = errors.New("as the test has it")

// fakes are a store, a connection to Mesos and metrics. Jobs are done by one goroutine,
// so nothing is locked.
type fakes struct {
	journal []string // what was stored and sent, in order
	records map[string][]byte
	fail    func(changes []records.Change) error // may be nil
	refuse  error                                // what Mesos answers
	counted int                                  // calls
	commits map[bool]int                         // transactions by success
}

func (f *fakes) Load(context.Context) (map[string][]byte, error) { return f.records, nil }

func (f *fakes) Commit(_ context.Context, changes []records.Change) error {
	if len(changes) > records.MaxChanges {
		return fmt.Errorf("%d changes in one transaction", len(changes))
	}
	if f.fail != nil {
		if err := f.fail(changes); err != nil {
			return err
		}
	}
	for _, c := range changes {
		if c.Value == nil {
			delete(f.records, c.Key)
			f.journal = append(f.journal, "delete "+c.Key)
		} else {
			f.records[c.Key] = c.Value
			f.journal = append(f.journal, "put "+c.Key)
		}
	}
	return nil
}

func (f *fakes) Send(_ context.Context, calls ...*mesospb.SchedulerCall) error {
	for _, c := range calls {
		f.journal = append(f.journal, "send "+c.GetType().String())
	}
	if len(calls) > 1 {
		f.journal = append(f.journal, fmt.Sprint("at once: ", len(calls)))
	}
	return f.refuse
}

func (f *fakes) Sent(*mesospb.SchedulerCall, error)   { f.counted++ }
func (f *fakes) Committed(_ time.Duration, err error) { f.commits[err == nil]++ }

// inOutbox lets an outbox do jobs in a bubble of time until it is idle, and
// returns what was stored and sent.
func inOutbox(t *testing.T, prepare func(*fakes), jobs ...Job) (journal []string, f *fakes) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f = &fakes{records: map[string][]byte{}, commits: map[bool]int{}}
		if prepare != nil {
			prepare(f)
		}
		o := New(Config{Store: f, Mesos: f, Metrics: f, Log: logr.Discard()})
		for _, j := range jobs {
			o.Put(j)
		}
		ctx, stop := context.WithTimeout(t.Context(), time.Hour) // simulated: whatever is repeated has been by then
		defer stop()
		o.Run(ctx)
		if o.Len() > 0 {
			t.Errorf("%d jobs are left", o.Len())
		}
	})
	return f.journal, f
}

func putJob(key string, call *mesospb.SchedulerCall) Job {
	return Job{Changes: []records.Change{{Key: key, Value: []byte("x")}}, Call: call}
}

func TestOutboxOrder(t *testing.T) {
	t.Parallel()
	got, _ := inOutbox(t, nil,
		putJob("tasks/a", mesos.Accept([]string{"o"}, 0)),
		Job{Changes: []records.Change{{Key: "tasks/z"}}, RetryForever: true},
		Job{Call: mesos.Acknowledge("z", "S", []byte("u"))},
		Job{Call: mesos.Suppress()})
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
		Job{Changes: []records.Change{{Key: "tasks/a"}}, RetryForever: true, Call: mesos.Suppress()})
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
	launch.Failed = func(err error) { failed = err }
	got, _ := inOutbox(t, func(f *fakes) {
		f.fail = func(cs []records.Change) error {
			for _, c := range cs {
				if c.Key == "tasks/bad" {
					return errTest
				}
				if c.Key == "framework-id" && must > 0 {
					must--
					return errTest
				}
			}
			return nil
		}
	}, Job{Changes: []records.Change{{Key: "framework-id", Value: []byte("F")}}, RetryForever: true}, launch, putJob("tasks/good", mesos.Revive()))
	if want := []string{"put framework-id", "put tasks/good", "send REVIVE"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if !errors.Is(failed, errTest) {
		t.Errorf("the launch failed with %v", failed)
	}
}

// A launch of more tasks than a transaction holds is stored as a whole or not.
func TestOutboxLargeLaunch(t *testing.T) {
	t.Parallel()
	for _, broken := range []bool{false, true} {
		t.Run(fmt.Sprint("broken=", broken), func(t *testing.T) {
			t.Parallel()
			large := Job{Call: mesos.Accept(nil, 0)}
			for i := range 250 {
				large.Changes = append(large.Changes, records.Change{Key: fmt.Sprintf("tasks/%03d", i), Value: []byte("x")})
			}
			var failed error
			large.Failed = func(err error) { failed = err }
			got, f := inOutbox(t, func(f *fakes) {
				f.fail = func(cs []records.Change) error {
					if broken && cs[0].Key == "tasks/200" && cs[0].Value != nil {
						return errTest
					}
					return nil
				}
			}, large)
			sent := slices.Contains(got, "send ACCEPT")
			if stored := len(f.records); sent == broken || broken && (stored != 0 || failed == nil) || !broken && stored != 250 {
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
		"connection cut": {errTest, false, false},
		"master trouble": {&mesos.CallError{Call: "ACCEPT", Status: 503}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var failed error
			launch := putJob("tasks/a", mesos.Accept(nil, 0))
			launch.Changes = append(launch.Changes, records.Change{Key: "agents/S", Value: []byte("x")})
			launch.Failed = func(err error) { failed = err }
			_, f := inOutbox(t, func(f *fakes) { f.refuse = c.err }, launch)
			_, there := f.records["tasks/a"]
			if _, agent := f.records["agents/S"]; there == c.gone || (failed != nil) != c.fails || !agent {
				t.Errorf("record there: %v, failed: %v, agent's record there: %v", there, failed, agent)
			}
		})
	}
}

// Acknowledgements that follow one another are made at once, a hundred at most, and in
// order with everything else.
func TestAcknowledgementsArePipelined(t *testing.T) {
	t.Parallel()
	var jobs []Job
	for range maxPipelined + 2 {
		jobs = append(jobs, Job{Call: mesos.Acknowledge("t", "S", []byte("u"))})
	}
	jobs = append(jobs, Job{Call: mesos.Revive()}, Job{Call: mesos.Acknowledge("t", "S", []byte("u"))})
	got, f := inOutbox(t, nil, jobs...)
	got = slices.DeleteFunc(got, func(s string) bool { return s == "send ACKNOWLEDGE" })
	if want := []string{"at once: 100", "at once: 2", "send REVIVE"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if f.counted != len(jobs) {
		t.Errorf("%d calls were counted, of %d", f.counted, len(jobs))
	}
}

// While a record that must be stored cannot be, it is tried about every five seconds.
func TestRetriesBackOff(t *testing.T) {
	t.Parallel()
	tries := 0
	synctest.Test(t, func(t *testing.T) {
		f := &fakes{records: map[string][]byte{}, commits: map[bool]int{}, fail: func([]records.Change) error { tries++; return errTest }}
		o := New(Config{Store: f, Mesos: f, Metrics: f})
		o.Put(Job{RetryForever: true, Changes: []records.Change{{Key: "framework-id", Value: []byte("F")}}, Call: mesos.Revive()})
		ctx, stop := context.WithTimeout(t.Context(), time.Hour)
		defer stop()
		o.Run(ctx)
		if len(f.journal) > 0 || f.commits[false] != tries {
			t.Errorf("journal %q, %d failures of %d were counted", f.journal, f.commits[false], tries)
		}
	})
	if tries < 700 || tries > 730 {
		t.Errorf("%d tries within an hour, want one every 5 s", tries)
	}
}
