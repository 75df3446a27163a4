package framework

import (
	"os"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/watch"
)

// reconciledTasks is how many tasks are compared with Mesos: many in `make faults`.
func reconciledTasks() int {
	if os.Getenv("FAULTS") == "long" {
		return 10_000
	}
	return 1000
}

// A framework and its master know half of each other's tasks: all of them are
// settled, at a bounded pace, and logged in few lines. It is not parallel, as
// it counts what the process logs.
func TestFaultReconciliation(t *testing.T) {
	size := watch.DefaultChanSize
	watch.DefaultChanSize = int32(20 * reconciledTasks()) // the fake API server panics when a watcher is behind
	defer func() { watch.DefaultChanSize = size }()
	for _, row := range []struct {
		name, promise string
		ran           int // of the tasks, in the first life, in tenths
		forget        func(*reconciliation)
		kills         bool
	}{
		{"UnknownToUs", "tasks without a record are killed, once each, 250 a second", 10, (*reconciliation).loseRecords, true},
		{"UnknownToTheMaster", "tasks that Mesos does not have are launched again on their agents", 5, (*reconciliation).inventRecords, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			many := reconciledTasks()
			t.Logf("promised for %d tasks of which half are unknown: %s", many, row.promise)
			s := newReconciliation(t)
			s.begin()
			s.pods(many * row.ran / 10)
			s.settle(many * row.ran / 10)
			s.kill()
			row.forget(s)

			lines := captureLog(t)
			began := time.Now()
			s.calls.reset()
			s.begin()
			want := many
			if row.kills {
				want = many / 2
			}
			s.settle(want)
			took := time.Since(began)
			s.kill()
			logged := lines()
			t.Logf("measured: settled after %.1f s; %s; %d lines logged", took.Seconds(), s.calls, logged)
			s.calls.bounded(t, many, row.kills)
			if logged > 500 {
				t.Errorf("%d lines were logged", logged)
			}
		})
	}
}
