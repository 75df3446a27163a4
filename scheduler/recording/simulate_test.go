package recording

import (
	"bytes"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
)

func traceOf(t *testing.T, path string) *Trace {
	t.Helper()
	trace, err := ReadTrace(readerOf(t, path))
	if err != nil {
		t.Fatal(err)
	}
	return trace
}

func simulated(trace *Trace, choice scheduler.Choice) Result {
	cfg := trace.Header.Config
	cfg.Choice = choice
	return Simulate(trace, scheduler.New(cfg), nil)
}

// seconds returns so many events, each a second after another, in which nothing happens.
func seconds(n int) []scheduler.Event {
	return slices.Repeat([]scheduler.Event{scheduler.Tick{}}, n)
}

// twoAgents is the recording of two agents with 4 cpus for pods each, by which two pods of 2
// cpus were spread and run for about half a minute, so that one of 4 cpus has to wait.
func twoAgents(t *testing.T) string {
	both := scheduler.Offered{Offers: slices.Concat(offered("o1", "n1", 4100).Offers, offered("o2", "n2", 4100).Offers)}
	ends := func(task string, node string) scheduler.Updated {
		e := running(task, node)
		e.Update.State = mesospb.TaskState_TASK_FINISHED
		return e
	}
	again := offered("o3", "n1", 4000)
	again.Offers[0].Executor, again.Offers[0].Amount.Mem = true, 4096-executor.Executor.Mem
	return recorded(t, DefaultLimit, slices.Concat([]scheduler.Event{
		scheduler.Restored{}, node("n1", "x"), node("n2", "x"), scheduler.PodsListed{}, scheduler.Subscribed{}, // until 12:00:05
		pod("a", 2000, "x"), pod("b", 2000, "x"), both, // a and b are launched at :08
		running("uid-a.1", "n1"), scheduler.Bound{Task: "uid-a.1"}, running("uid-b.1", "n2"), scheduler.Bound{Task: "uid-b.1"},
		pod("c", 4000, "x"), // at :13
	}, seconds(25), []scheduler.Event{
		scheduler.PodRemoved{UID: "uid-a"}, ends("uid-a.1", "n1"), again, // a ends at :39, c is launched at :41
		running("uid-c.1", "n1"), scheduler.Bound{Task: "uid-c.1"},
	}, seconds(5))...)
}

// Spread, the large pod waits for the end of a small one, as it did in the recording; packed, an
// agent is left for it.
func TestSimulate(t *testing.T) {
	trace := traceOf(t, twoAgents(t))
	if got, want := trace.Recorded.Pods, []Fate{{"default/a", "n1", 2 * time.Second}, {"default/b", "n2", time.Second}, {"default/c", "n1", 28 * time.Second}}; !reflect.DeepEqual(got, want) {
		t.Errorf("recorded are %v, want %v", got, want)
	}
	spread, packed := simulated(trace, scheduler.Spread), simulated(trace, scheduler.Binpack)
	// a ends, as it did, 31 s after its launch: at :39, when the agent offers again.
	if want := []Fate{{"default/a", "n1", 2 * time.Second}, {"default/b", "n2", time.Second}, {"default/c", "n1", 26 * time.Second}}; !reflect.DeepEqual(spread.Pods, want) {
		t.Errorf("spread are %v, want %v", spread.Pods, want)
	}
	if want := []Fate{{"default/a", "n1", 2 * time.Second}, {"default/b", "n1", time.Second}, {"default/c", "n2", 0}}; !reflect.DeepEqual(packed.Pods, want) {
		t.Errorf("packed are %v, want %v", packed.Pods, want)
	}
	if spread.Placed != 3 || spread.P50 != 2*time.Second || spread.P95 != 26*time.Second || packed.P95 != 2*time.Second {
		t.Errorf("spread %+v, packed %+v", spread, packed)
	}
	// The agents have 8.2 cpus from :08 to :48. Packed, a has 2 for 31 s, b 2 for 40 s, c 4 for 35 s.
	if want := (2*31 + 2*40 + 4*35) / (8.2 * 40); packed.CPU < want-1e-9 || packed.CPU > want+1e-9 || spread.CPU >= packed.CPU {
		t.Errorf("spread uses %v, packed %v, want %v", spread.CPU, packed.CPU, want)
	}
	var out bytes.Buffer
	if err := Compare(&out, Column{"as recorded", trace.Recorded}, Column{"spread", spread}, Column{"binpack", packed}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"binpack      3 of 3  1s          2s          86.0 %",
		"default/b: spread, on n2 after 1s; binpack, on n1 after 1s\n", "default/c: spread, on n1 after 26s; binpack, on n2 after 0s\n", "2 of 3 pods fare otherwise\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
}

// A small run on two agents, whose last pod had to wait for others to be deleted. It is decided
// once more as it was; simulated, each pod goes where it went, a round of offers sooner or
// later, and each time the same comes out.
func TestRecordedRun(t *testing.T) {
	const file = "../testdata/recording.jsonl"
	trace := traceOf(t, file)
	if got, told := replayed(t, file, trace.Header.Config, nil); got.Launches != 5 || got.Different != 0 {
		t.Errorf("%+v\n%s", got, told)
	}
	was, is := trace.Recorded, simulated(trace, scheduler.Spread)
	if was.Placed != 5 || was.P95.Round(time.Millisecond) != 7909*time.Millisecond {
		t.Errorf("recorded: %+v", was)
	}
	for i, f := range is.Pods {
		if apart := f.Waited - was.Pods[i].Waited; f.Node != was.Pods[i].Node || apart.Abs() > 2*offerEvery {
			t.Errorf("%s: simulated, %v; recorded, %v", f.Name, f, was.Pods[i])
		}
	}
	if again := simulated(trace, scheduler.Spread); !reflect.DeepEqual(is, again) {
		t.Errorf("once %+v, then %+v", is, again)
	}
}

// What the recording does not say is assumed as documented: a pod that was on its node before
// stays to its recorded end; one that was never placed runs until it was removed; and
// one that is not placed here waits to the end.
func TestSimulateWhatIsNotRecorded(t *testing.T) {
	before := scheduler.Task{ID: "uid-before.1", PodUID: "uid-before", Attempt: 1, Agent: "agent-n1", Node: "n1", Amount: scheduler.Amount{CPU: 3000, Mem: 64}}
	onNode := pod("before", 3000, "x")
	onNode.Node = "n1"
	rest := offered("o1", "n1", 1000)
	rest.Offers[0].Executor = true
	path := recorded(t, DefaultLimit, slices.Concat([]scheduler.Event{
		scheduler.Restored{Tasks: []scheduler.Task{before}}, node("n1", "x"), onNode, scheduler.PodsListed{}, scheduler.Subscribed{}, // until :05
		scheduler.Updated{Update: scheduler.Update{Task: before.ID, Agent: before.Agent, State: mesospb.TaskState_TASK_RUNNING, Source: mesospb.TaskStatus_SOURCE_MASTER, Reason: mesospb.TaskStatus_REASON_RECONCILIATION.Enum()}},
		rest, // at :07, which shows 4.1 cpus with those of before and the executor
		pod("large", 4000, "x"), pod("never", 1000, "x"),
		scheduler.Disconnected{Err: errors.New("away")}, // at :10, with never about to be launched
	}, seconds(9), []scheduler.Event{
		scheduler.PodRemoved{UID: "uid-never"}, scheduler.PodRemoved{UID: "uid-before"}, // at :20 and :21
		scheduler.Subscribed{},
	}, seconds(8))...)
	trace := traceOf(t, path)
	if got := trace.Recorded; got.Placed != 0 || len(got.Pods) != 2 || got.Pods[1].Waited != 11*time.Second {
		t.Errorf("recorded: %+v", got)
	}
	// never is placed at :09, or the next round of offers, and removed at :20. Only when before
	// has gone, too, and Mesos is there again at :22, large is placed.
	got := simulated(trace, scheduler.Spread)
	if want := []Fate{{"default/large", "n1", 14 * time.Second}, {"default/never", "n1", 0}}; !reflect.DeepEqual(got.Pods, want) {
		t.Errorf("simulated: %v, want %v", got.Pods, want)
	}
	// Of 4.1 cpus from :07 to :30: before has 3 from :01 to :21, never 1 for 11 s, large 4 for 8 s.
	if want := (3*20 + 1*11 + 4*8) / (4.1 * 23); got.CPU < want-1e-9 || got.CPU > want+1e-9 {
		t.Errorf("used: %v, want %v", got.CPU, want)
	}
	// With a core to which an executor costs a cpu more, large never fits.
	cfg := trace.Header.Config
	cfg.Executor.CPU += 1000
	trace.Header.Config = cfg
	if got := Simulate(trace, scheduler.New(cfg), nil); got.Pods[0] != (Fate{"default/large", "", 22 * time.Second}) {
		t.Errorf("simulated with a larger executor: %v", got.Pods)
	}
}

// A pod of a high priority takes the place of one of a low, which ends at once and does not
// come again.
func TestSimulatePreemption(t *testing.T) {
	high := pod("high", 4000, "x")
	high.Pod.Priority, high.Pod.Class = 10, "high"
	trace := traceOf(t, recorded(t, DefaultLimit, slices.Concat([]scheduler.Event{
		scheduler.Restored{}, node("n1", "x"), scheduler.PodsListed{}, scheduler.Subscribed{}, // until :04
		pod("low", 3000, "x"), offered("o1", "n1", 4100), running("uid-low.1", "n1"), scheduler.Bound{Task: "uid-low.1"}, // launched at :06
		high, // at :09
	}, seconds(11))...))
	got := simulated(trace, scheduler.Spread)
	if len(got.Pods) != 2 || got.Placed != 2 || got.Pods[1].Node != "n1" || got.Pods[1].Waited < 3*time.Second || got.Pods[1].Waited > 6*time.Second {
		t.Errorf("simulated: %+v", got)
	}
	if trace.Recorded.Placed != 1 {
		t.Errorf("recorded, where nothing has followed from the preemption: %+v", trace.Recorded)
	}
}
