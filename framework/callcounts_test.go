package framework

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/logging"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"golang.org/x/sys/unix"
)

// callCounts is how many calls were made, by type.
type callCounts struct {
	mu     sync.Mutex
	calls  map[mesospb.SchedulerCall_Type]map[int64]int // by second
	asked  int                                          // tasks that RECONCILE named
	killed map[string]int                               // by task

	firstKill, lastKill time.Time
}

func (c *callCounts) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls, c.asked, c.killed = map[mesospb.SchedulerCall_Type]map[int64]int{}, 0, map[string]int{}
}

func (c *callCounts) add(call *mesospb.SchedulerCall) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.calls[call.GetType()] == nil {
		c.calls[call.GetType()] = map[int64]int{}
	}
	c.calls[call.GetType()][time.Now().Unix()]++
	c.asked += len(call.GetReconcile().GetTasks())
	if kill := call.GetKill(); kill != nil {
		c.lastKill = time.Now()
		if len(c.killed) == 0 {
			c.firstKill = c.lastKill
		}
		c.killed[kill.GetTaskId().GetValue()]++
	}
}

// of returns how many calls of a type there were, in all and within the busiest
// second.
func (c *callCounts) of(t mesospb.SchedulerCall_Type) (all, second int) {
	for _, n := range c.calls[t] {
		all += n
		second = max(second, n)
	}
	return all, second
}

// String lists all of them.
func (c *callCounts) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var parts []string
	for _, t := range slices.Sorted(maps.Keys(c.calls)) {
		all, second := c.of(t)
		parts = append(parts, fmt.Sprintf("%d %s (%d a second at most)", all, t, second))
	}
	return strings.Join(parts, ", ")
}

// bounded checks what reconciliation of this many tasks may cost.
func (c *callCounts) bounded(t *testing.T, many int, kills bool) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if all, _ := c.of(mesospb.SchedulerCall_RECONCILE); c.asked > 2*many || all > 2*many/maxReconcile+20 {
		t.Errorf("%d RECONCILEs asked for %d tasks", all, c.asked)
	}
	if _, second := c.of(mesospb.SchedulerCall_KILL); second > 750 { // a second of the clock meets two of the core's, and what was held up
		t.Errorf("%d KILLs in a second", second)
	}
	if least := time.Duration(len(c.killed)/250-1) * time.Second; c.lastKill.Sub(c.firstKill) < least*3/4 {
		t.Errorf("%d KILLs within %s", len(c.killed), c.lastKill.Sub(c.firstKill))
	}
	if kills && len(c.killed) != many/2 || !kills && len(c.killed) != 0 {
		t.Errorf("%d tasks were killed", len(c.killed))
	}
	for id, n := range c.killed {
		if n > 1 {
			t.Errorf("task %s was killed %d times", id, n)
		}
	}
}

// counted is a connection whose calls are counted.
type counted struct {
	Mesos
	counts *callCounts
}

func (c counted) Send(ctx context.Context, calls ...*mesospb.SchedulerCall) error {
	for _, call := range calls {
		c.counts.add(call)
	}
	return c.Mesos.Send(ctx, calls...)
}

// TestMain sends the log to standard error once and for all: lines that come
// late, of a life that has ended, read the flag.
func TestMain(m *testing.M) {
	if err := flag.Set("logtostderr", "true"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// captureLog captures the log from now on; the function that it returns ends
// that and returns the number of lines.
func captureLog(t *testing.T) func() int {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	counted := make(chan int)
	go func() {
		n := 0
		for lines := bufio.NewScanner(r); lines.Scan(); {
			n++
		}
		counted <- n
	}()
	logging.Flush()
	stderr, err := unix.Dup(2) // the variable os.Stderr is read by lines that come late
	if err == nil {
		err = unix.Dup3(int(w.Fd()), 2, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	end := sync.OnceValue(func() int {
		logging.Flush()
		_ = unix.Dup3(stderr, 2, 0)
		_ = unix.Close(stderr)
		w.Close()
		return <-counted
	})
	t.Cleanup(func() { end() })
	return end
}
