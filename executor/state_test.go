package executor

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// A state that an earlier version wrote is read with nothing lost, and written in the same
// form: programs of different versions replace each other in either direction.
func TestStateOfEarlierVersions(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/state.json")
	if err != nil {
		t.Fatal(err)
	}
	c, owed, err := restore(text)
	if err != nil {
		t.Fatal(err)
	}
	if string(owed) != "debts" || c.spec.Name != "n" || c.spec.Cluster.IdleTimeout != time.Minute || !c.signals {
		t.Errorf("restored %+v, owed %q", c.spec, owed)
	}
	if len(c.tasks) != 2 || len(c.finished) != 1 || c.byID["t0"] != c.finished[0] || c.byUID["uid-b"] != c.tasks[1] {
		t.Fatalf("tasks %v, finished %v", c.tasks, c.finished)
	}
	ended := c.finished[0].end
	if ended.state != mesospb.TaskState_TASK_FAILED || *ended.reason != mesospb.TaskStatus_REASON_TASK_INVALID || ended.message != "no pod" {
		t.Errorf("the finished task ended with %+v", ended)
	}
	if b := c.tasks[1]; !b.bound || !b.killing || !b.removing || *b.grace != time.Second || *b.running != (shown{true, "10.0.0.1"}) || b.end == nil {
		t.Errorf("task t2 is %+v", b)
	}
	again, err := c.marshal(owed)
	if err != nil {
		t.Fatal(err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, text); err != nil {
		t.Fatal(err)
	}
	if string(again) != compact.String() {
		t.Errorf("written again it is\n%s\nwant\n%s", again, compact.String())
	}
}

// Whatever an executor has been through, the program that takes over reports the same from
// then on.
func TestStateRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		c := newCore()
		command(t, c, "subscribe killing")
		lives := rapid.SliceOfN(rapid.SampledFrom([]string{
			"launch t1 a", "launch t2 b", "launch t3 c bad", "launch t4 a", "kill t1", "kill t2 5s", "up", "waits Docker",
			"pods a=Running,ready b=Pending", "pods a=Succeeded b=Running,ip=10.0.0.1", "pods b=Failed,reason=oom", "pods a=Running,deleting", "pods",
			"removed a", "removed b", "gone a", "gone b",
		}), 0, 30)
		for _, line := range lives.Draw(r, "before") {
			command(t, c, line)
		}
		next := handOver(t, c)
		// What is not handed over is reported again by the new program's node.
		next.up, next.waiting, next.pods = c.up, c.waiting, c.pods
		for _, line := range lives.Draw(r, "after") {
			want, got := effectsOf(t, c, line), effectsOf(t, next, line)
			if !slices.Equal(got, want) {
				r.Fatalf("%s: the next program does\n  %s\nwant\n  %s", line, strings.Join(got, "\n  "), strings.Join(want, "\n  "))
			}
		}
	})
}

func effectsOf(t *testing.T, c *core, line string) []string {
	t.Helper()
	var all []string
	for _, f := range command(t, c, line) {
		all = append(all, describe(t, f))
	}
	return all
}

// A finished task is known until a thousand others have come after it, and a kill or
// launch that is repeated then does nothing.
func TestFinishedTasksAreBounded(t *testing.T) {
	t.Parallel()
	c := newCore()
	id := func(i int) string { return time.Duration(i).String() }
	for i := range maxFinished + 10 {
		c.launch(launchOf(t, id(i), id(i), "bad"))
	}
	if len(c.finished) != maxFinished || len(c.byID) != maxFinished || len(c.byUID) > maxFinished {
		t.Errorf("%d finished, %d by id, %d by uid; want %d", len(c.finished), len(c.byID), len(c.byUID), maxFinished)
	}
	if c.byID[id(9)] != nil || c.byID[id(10)] == nil {
		t.Error("it is not the oldest that are forgotten")
	}
	if got := c.launch(launchOf(t, id(20), id(20), "bad")); len(got) > 0 {
		t.Errorf("a repeated launch of a finished task does %v", got)
	}
}

func TestGracePeriod(t *testing.T) {
	t.Parallel()
	if got := gracePeriod(nil); got != nil {
		t.Errorf("no policy: %v", *got)
	}
	if got := gracePeriod(&mesospb.KillPolicy{}); got != nil {
		t.Errorf("a policy without a period: %v", *got)
	}
	for _, want := range []time.Duration{0, 3 * time.Second} {
		got := gracePeriod(&mesospb.KillPolicy{GracePeriod: &mesospb.DurationInfo{Nanoseconds: new(int64(want))}})
		if got == nil || *got != want {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}
