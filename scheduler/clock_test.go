package scheduler

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// at returns a time of tests, seconds after their beginning.
func at(seconds int) time.Time { return time.Unix(1000, 0).Add(time.Duration(seconds) * time.Second) }

func TestClock(t *testing.T) {
	t.Parallel()
	var rung []string
	c := &clock{}
	alarms := map[string]*alarm{}
	for _, name := range []string{"a", "b", "c", "again"} {
		alarms[name] = &alarm{ring: func() { rung = append(rung, name) }}
	}
	alarms["again"].ring = func() {
		rung = append(rung, "again")
		if len(rung) < 8 {
			c.after(0, alarms["again"])
		}
	}
	expect := func(want string, next time.Time) {
		t.Helper()
		rung = nil
		c.ring()
		if got := strings.Join(rung, " "); got != want || !c.next().Equal(next) {
			t.Errorf("at %v: rang %q, next %v; want %q, %v", c.now, got, c.next(), want, next)
		}
	}
	c.advance(at(0))
	expect("", time.Time{})
	c.set(alarms["a"], at(2))
	c.set(alarms["b"], at(1))
	c.set(alarms["c"], at(2))
	expect("", at(1))
	c.advance(at(1))
	expect("b", at(2))
	c.set(alarms["a"], at(2)) // set again for the same time: it rings after c now
	c.advance(at(5))
	expect("c a", time.Time{})
	if alarms["a"].isSet() {
		t.Error("an alarm that has rung is still set")
	}

	c.after(time.Second, alarms["a"])
	c.after(2*time.Second, alarms["b"])
	c.stop(alarms["a"])
	c.stop(alarms["a"])
	c.advance(at(3)) // time stands still
	expect("", at(7))
	c.advance(at(7))
	expect("b", time.Time{})

	c.after(0, alarms["again"]) // what is set while alarms ring rings, too
	expect(strings.TrimSpace(strings.Repeat("again ", 8)), time.Time{})
}

// Alarms set, moved and stopped at random ring as a sorted list says.
func TestClockAgainstList(t *testing.T) {
	t.Parallel()
	type entry struct {
		at    int
		order int
	}
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 1))
		c, now := &clock{now: at(0)}, 0
		var rung []int
		alarms, list := make([]alarm, 30), map[int]entry{}
		for i := range alarms {
			alarms[i].ring = func() { rung = append(rung, i) }
		}
		for step := range 500 {
			i := rng.IntN(len(alarms))
			switch rng.IntN(4) {
			case 0:
				c.stop(&alarms[i])
				delete(list, i)
			case 1:
				now += rng.IntN(4)
				rung = nil
				c.advance(at(now))
				c.ring()
				var want []int
				for i, e := range list {
					if e.at <= now {
						want = append(want, i)
					}
				}
				slices.SortFunc(want, func(i, j int) int {
					return slices.Compare([]int{list[i].at, list[i].order}, []int{list[j].at, list[j].order})
				})
				for _, i := range want {
					delete(list, i)
				}
				if !slices.Equal(rung, want) {
					t.Fatalf("seed %d: rang %v, want %v", seed, rung, want)
				}
			default:
				when := now + rng.IntN(10)
				c.set(&alarms[i], at(when))
				list[i] = entry{when, step}
			}
		}
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	for tries, want := range []time.Duration{1, 2, 4, 8, 10, 10} {
		if got := backoff(tries, 1, 10); got != want {
			t.Errorf("after %d tries: %d, want %d", tries, got, want)
		}
	}
	if got := backoff(1000, time.Second, time.Hour); got != time.Hour {
		t.Error("it overflows:", got)
	}
}

func TestSession(t *testing.T) {
	t.Parallel()
	s := &session{}
	s.acknowledge(Update{Task: "a.1", UUID: "u1"})
	s.connected = true
	s.acknowledge(Update{Task: "a.1"})
	s.acknowledge(Update{Task: "a.1", Agent: "A1", UUID: "u2"})
	if got := showCalls(s.calls); got != "acknowledge u2 of a.1 to A1" {
		t.Errorf("got %q: only an update with a uuid is acknowledged, and only on a connection", got)
	}
	if s.ready() {
		t.Error("ready before the pods are listed")
	}
	if s.listed = true; !s.ready() {
		t.Error("not ready")
	}
	if s.disconnected(fmt.Errorf("the master hung up")); s.ready() || s.whyNot != "the master hung up" {
		t.Errorf("%+v", s)
	}
	if s.disconnected(nil); s.whyNot != notConnected {
		t.Errorf("%+v", s)
	}
}

// Reasons are computed once for many changes, at most reportEvery later.
func TestChanges(t *testing.T) {
	t.Parallel()
	c := &clock{now: at(0)}
	reports := 0
	ch := &changes{clock: c, report: alarm{ring: func() { reports++ }}}
	for range 3 {
		ch.reasons()
		c.advance(c.now.Add(reportEvery / 4))
		c.ring()
	}
	if reports != 0 || ch.version != 3 || ch.fit {
		t.Errorf("%d reports, version %d", reports, ch.version)
	}
	c.advance(at(1))
	c.ring()
	if ch.mayFit(); reports != 1 || !ch.fit || ch.report.isSet() {
		t.Errorf("%d reports, %+v", reports, ch)
	}
}

// showCalls writes calls as transcripts do, separated by "; ".
func showCalls(calls []Call) string {
	lines := make([]string, len(calls))
	for i, c := range calls {
		lines[i] = showCall(c)
	}
	return strings.Join(lines, "; ")
}
