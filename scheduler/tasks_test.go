package scheduler

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// newTestTasks returns a table of tasks, whose pods are those given, with a
// connection to Mesos.
func newTestTasks(all ...*pod) *tasks {
	f := newTestFleet(Config{})
	return &tasks{
		clock: f.clock, session: &session{connected: true, listed: true}, changes: f.changes, fleet: f,
		podOf: func(uid string) *pod {
			for _, p := range all {
				if p.UID == uid {
					return p
				}
			}
			return nil
		},
		due:  func(*task) {},
		byID: map[string]*task{},
	}
}

func taskOf(uid string, attempt int) Task {
	return Task{ID: fmt.Sprintf("%s.%d", uid, attempt), PodUID: uid, Attempt: attempt, Agent: "A1", Node: "n1"}
}

func TestTasks(t *testing.T) {
	t.Parallel()
	x := newTestTasks()
	two, one := x.add(taskOf("b", 1)), x.add(taskOf("a", 1))
	if x.get("b.1") != two || x.get("c.1") != nil || !x.isKnown(one) || len(x.fleet.find("A1").tasks) != 2 {
		t.Errorf("%+v", x.byID)
	}
	if got := x.sorted(); !slices.Equal(got, []*task{one, two}) {
		t.Errorf("sorted: %v", got)
	}
	one.state, two.state = failing, killing
	if got := fmt.Sprint(x.counts()); got != "map[binding:0 ended:0 failing:1 killing:1 launching:0 running:0]" {
		t.Error(got)
	}
	var due *task
	x.due = func(t *task) { due = t }
	x.clock.after(time.Second, &one.alarm)
	x.clock.after(time.Second, &two.alarm)
	x.drop(one)
	x.clock.advance(at(1))
	if x.clock.ring(); due != two || x.isKnown(one) {
		t.Errorf("due is %+v", due)
	}
	if x.drop(two); x.fleet.find("A1") != nil {
		t.Error("the agent is remembered for its tasks")
	}
}

// A record is kept while the number of its attempt must not be used again.
func TestTasksKeepRecords(t *testing.T) {
	t.Parallel()
	waiting, alone, bound := &pod{state: backingOff}, &pod{state: leftAlone}, &pod{state: leftAlone, node: "n1"}
	relaunched := &pod{state: placed, task: &task{state: launching}}
	runs := &pod{state: placed, task: &task{state: running}}
	for name, row := range map[string]struct {
		p    *pod
		kept bool
	}{
		"the pod is gone":          {nil, false},
		"it waits":                 {waiting, true},
		"its next is not sent yet": {relaunched, true},
		"its next runs":            {runs, false},
		"others may bind it yet":   {alone, true},
		"it is bound":              {bound, false},
	} {
		var all []*pod
		if row.p != nil {
			row.p.UID = "a"
			all = append(all, row.p)
		}
		x := newTestTasks(all...)
		x.drop(x.add(taskOf("a", 1)))
		want := "forget a.1"
		if row.kept {
			want = ""
			row.p.forgetOld(&session{})
		}
		if got := showCalls(x.session.calls); got != want || row.kept && row.p.old != nil {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestSupersededTasksAreCounted(t *testing.T) {
	t.Parallel()
	p := &pod{Pod: Pod{UID: "a"}, state: ready, superseded: 1}
	x := newTestTasks(p)
	old := x.add(taskOf("a", 1))
	old.supersededBy = p
	if !x.fleet.find("A1").hasSuperseded(p) {
		t.Error("the agent does not know")
	}
	if x.drop(old); p.superseded != 0 || !x.changes.fit {
		t.Errorf("%d earlier attempts are left, and the pod may go to their agent", p.superseded)
	}
}

func TestRecentlyEnded(t *testing.T) {
	t.Parallel()
	var e recentlyEnded
	for i := range endedKept + 2 {
		e.add(fmt.Sprint(i))
	}
	for i, want := range map[int]bool{0: false, 1: false, 2: true, endedKept: true, endedKept + 1: true, endedKept + 2: false} {
		if e.has(fmt.Sprint(i)) != want {
			t.Errorf("task %d: remembered %v", i, !want)
		}
	}
}

func TestReconciler(t *testing.T) {
	t.Parallel()
	newOne := func() *reconciler {
		x := newTestTasks()
		r := &reconciler{clock: x.clock, session: x.session, tasks: x}
		r.round.ring = r.askForAll
		x.due = r.ask
		return r
	}
	// play lets seconds pass, one after the other, and returns what was asked when.
	play := func(r *reconciler, seconds int) string {
		var said []string
		for range seconds {
			r.session.calls = nil
			r.clock.advance(r.clock.now.Add(time.Second))
			r.clock.ring()
			if r.flush(); len(r.session.calls) > 0 {
				said = append(said, fmt.Sprintf("%d: %s", r.clock.now.Unix()-1000, showCalls(r.session.calls)))
			}
		}
		return strings.Join(said, "; ")
	}

	t.Run("a question is repeated until it is answered", func(t *testing.T) {
		t.Parallel()
		r := newOne()
		x := r.tasks.add(taskOf("a", 1))
		r.askLater(x, 2*time.Second)
		if got := play(r, 60); got != "2: reconcile a.1; 7: reconcile a.1; 17: reconcile a.1; 37: reconcile a.1" {
			t.Error(got)
		}
		if r.heard(x); play(r, 1000) != "" || x.tries != 0 {
			t.Error("it is asked for after an answer")
		}
	})
	t.Run("only tasks that are not under way", func(t *testing.T) {
		t.Parallel()
		r := newOne()
		for i := range taskStates {
			x := r.tasks.add(taskOf("a", i))
			x.state = taskState(i)
			r.ask(x)
		}
		over := r.tasks.add(taskOf("over", 1))
		r.ask(over)
		r.tasks.drop(over)
		if r.flush(); showCalls(r.session.calls) != "forget over.1; reconcile a.0,a.2" {
			t.Error(showCalls(r.session.calls))
		}
	})
	t.Run("of an agent", func(t *testing.T) {
		t.Parallel()
		r := newOne()
		r.tasks.add(taskOf("a", 1))
		r.tasks.add(taskOf("b", 1)).state = killing
		r.tasks.add(Task{ID: "c.1", Agent: "A2"})
		r.askAbout(r.tasks.fleet.find("A1"), hintAsk)
		if got := play(r, 12); got != "10: reconcile a.1" {
			t.Error(got)
		}
	})
	t.Run("in portions", func(t *testing.T) {
		t.Parallel()
		r := newOne()
		for i := range 2*tasksPerAsk + 1 {
			r.ask(r.tasks.add(taskOf("a", i)))
		}
		r.flush()
		var sizes []int
		for _, c := range r.session.calls {
			sizes = append(sizes, len(c.(Reconcile).Tasks))
		}
		if !slices.Equal(sizes, []int{tasksPerAsk, tasksPerAsk, 1}) {
			t.Errorf("asked for %v", sizes)
		}
	})
	t.Run("of everything, each quarter of an hour", func(t *testing.T) {
		t.Parallel()
		r := newOne()
		r.tasks.add(taskOf("a", 1)).state = running
		asked := r.tasks.add(taskOf("b", 1))
		r.beginRound()
		r.clock.set(&asked.alarm, at(2000))
		if got := play(r, 901); got != "900: reconcile a.1; reconcile all" {
			t.Error(got)
		}
		if r.stop(); strings.Contains(play(r, 1000), "all") {
			t.Error("rounds go on after stop")
		}
	})
	t.Run("without connection", func(t *testing.T) {
		t.Parallel()
		r := newOne()
		r.session.connected = false
		r.ask(r.tasks.add(taskOf("a", 1)))
		if r.beginRound(); len(r.session.calls) > 0 || r.asking != nil {
			t.Errorf("asks %q", showCalls(r.session.calls))
		}
	})
}

func newTestKiller(all ...*pod) *killer {
	x := newTestTasks(all...)
	k := &killer{clock: x.clock, session: x.session, tasks: x, fleet: x.fleet, podOf: x.podOf}
	k.alarm.ring = k.sendWaiting
	x.due = k.due
	return k
}

func TestKill(t *testing.T) {
	t.Parallel()
	k := newTestKiller()
	x := k.tasks.add(taskOf("a", 1))
	k.kill(x, 0)
	var kills []string
	for range 100 {
		for range k.session.calls {
			kills = append(kills, fmt.Sprint(k.clock.now.Unix()-1000))
		}
		k.session.calls = nil
		k.clock.advance(k.clock.now.Add(time.Second))
		k.clock.ring()
	}
	if got := strings.Join(kills, " "); got != "0 5 15 35 75" {
		t.Errorf("killed at %s s", got)
	}
	k.updated(x, Update{Task: "a.1", Agent: "A1", UUID: "u1"}, ended)
	if got := showCalls(k.session.calls); got != "acknowledge u1 of a.1 to A1; forget a.1" {
		t.Error(got)
	}
}

// Where the pod goes on without the task, that is stored with the Kill.
func TestKillOfSuperseded(t *testing.T) {
	t.Parallel()
	p := &pod{Pod: Pod{UID: "a"}}
	k := newTestKiller(p)
	x := k.tasks.add(taskOf("a", 1))
	k.kill(x, 0)
	k.kill(x, 0)
	call := k.session.calls[0].(Kill)
	if call.Record == nil || !call.Record.Killed || call.Record.ID != "a.1" || p.superseded != 1 || x.supersededBy != p {
		t.Errorf("%+v, %+v, %d superseded", call, call.Record, p.superseded)
	}
}

func TestKillingUpdated(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		task  task
		after time.Duration // since the Kill
		kinds []updateKind
		want  string
	}{
		"it lives: a Kill is on its way": {kinds: []updateKind{started, staged}},
		"it has ended":                   {kinds: []updateKind{ended}, want: "forget a.1"},
		"its executor has":               {kinds: []updateKind{interrupted}, want: "forget a.1"},
		"its agent has":                  {kinds: []updateKind{vanished}, want: "forget a.1"},
		"its agent is back":              {kinds: []updateKind{paused, started}, want: "kill a.1 on A1"},
		"the master knows it again":      {kinds: []updateKind{unrecorded, started}, want: "kill a.1 on A1"},
		"the master never knows it":      {after: unknownGrace, kinds: []updateKind{unrecorded}, want: "forget a.1"},
	} {
		k := newTestKiller()
		x := k.tasks.add(taskOf("a", 1))
		k.kill(x, 0)
		if row.after > 0 {
			k.updated(x, Update{}, unrecorded)
			k.clock.advance(k.clock.now.Add(row.after))
		}
		k.session.calls = nil
		for _, kind := range row.kinds {
			k.updated(x, Update{}, kind)
		}
		if got := showCalls(k.session.calls); got != row.want {
			t.Errorf("%s: %q, want %q", name, got, row.want)
		}
	}
}

// The executor of a removed pod ends the task by itself; updates that say that it
// lives must not make us hurry.
func TestKillAwaitsTheExecutor(t *testing.T) {
	t.Parallel()
	k := newTestKiller()
	x := k.tasks.add(taskOf("a", 1))
	k.kill(x, removeGrace)
	k.updated(x, Update{}, started)
	k.clock.advance(k.clock.now.Add(removeGrace - 1))
	if k.clock.ring(); len(k.session.calls) > 0 {
		t.Error(showCalls(k.session.calls))
	}
	// A new connection makes it wait again, as nothing has been sent.
	k.resume(x)
	k.clock.advance(k.clock.now.Add(removeGrace))
	if k.clock.ring(); showCalls(k.session.calls) != "kill a.1 on A1" {
		t.Error(showCalls(k.session.calls))
	}
	// What has been sent is sent again.
	if k.resume(x); showCalls(k.session.calls) != "kill a.1 on A1; kill a.1 on A1" {
		t.Error(showCalls(k.session.calls))
	}
	k.session.connected = false
	k.session.calls = nil
	if k.kill(x, 0); len(k.session.calls) > 0 {
		t.Error(showCalls(k.session.calls))
	}
}

// Kills of strangers keep their pace; what has ended meanwhile is not killed.
func TestStrangersArePaced(t *testing.T) {
	t.Parallel()
	k := newTestKiller()
	var all []*task
	for i := range 2*strangersPerSecond + 1 {
		x := k.tasks.add(Task{ID: fmt.Sprint("x", i), Agent: "A1"})
		all = append(all, x)
		k.kill(x, 0)
	}
	k.tasks.drop(all[strangersPerSecond])
	var kills []int
	for range 4 {
		n := 0
		for _, c := range k.session.calls {
			if _, is := c.(Kill); is {
				n++
			}
		}
		kills = append(kills, n)
		k.session.calls = nil
		k.clock.advance(k.clock.now.Add(time.Second))
		k.clock.ring()
	}
	if !slices.Equal(kills, []int{strangersPerSecond, strangersPerSecond, 0, 0}) {
		t.Errorf("killed in each second: %v", kills)
	}
}

func TestStrangers(t *testing.T) {
	t.Parallel()
	lives := mesospb.TaskState_TASK_RUNNING
	for name, row := range map[string]struct {
		ended bool
		u     Update
		want  string
	}{
		"lives":              {u: Update{State: lives, UUID: "u"}, want: "acknowledge u of x to A1; kill x on A1"},
		"has ended":          {u: Update{State: mesospb.TaskState_TASK_FAILED, UUID: "u"}, want: "acknowledge u of x to A1"},
		"is not back":        {u: Update{State: mesospb.TaskState_TASK_UNREACHABLE}},
		"late":               {ended: true, u: Update{State: lives, UUID: "u"}, want: "acknowledge u of x to A1"},
		"not late, but back": {ended: true, u: Update{State: lives}, want: "kill x on A1"},
	} {
		k := newTestKiller()
		if row.ended {
			k.tasks.ended.add("x")
		}
		row.u.Task, row.u.Agent = "x", "A1"
		if k.strangerUpdated(row.u); showCalls(k.session.calls) != row.want {
			t.Errorf("%s: %q, want %q", name, showCalls(k.session.calls), row.want)
		}
	}
}
