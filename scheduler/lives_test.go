package scheduler

import (
	"flag"
	"fmt"
	"testing"
	"time"
)

var (
	lives    = flag.Int("lives", 1000, "how many lives TestLives simulates")
	firstOne = flag.Uint64("seed", 0, "seed of the first life")
)

// TestLives simulates whole lives of a framework in a hostile environment, each
// from a seed: after every step the list of what must never happen is checked
// (check_test.go), and when the faults have stopped everything must run, or wait
// with a reason, and every update must have been acknowledged.
func TestLives(t *testing.T) {
	for seed := *firstOne; seed < *firstOne+uint64(*lives); seed++ {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			t.Parallel()
			sim := newSimulation(t, seed)
			for range 200 {
				sim.live()
			}
			sim.heal()
			for range 110 {
				sim.live()
				sim.pass(11 * time.Second)
			}
			sim.check.end()
		})
	}
}

// heal ends all faults.
func (sim *simulation) heal() {
	sim.remark("from here on nothing fails")
	sim.faults = false
	for _, a := range sim.mesos.agents {
		sim.mesos.comeBack(a)
	}
	if !sim.mesos.connected {
		sim.subscribe()
	}
}

// TestLivesAreLively: the lives above see every kind of call many times, so the
// checks have something to check.
func TestLivesAreLively(t *testing.T) {
	t.Parallel()
	calls := map[string]int{}
	for seed := range uint64(40) {
		sim := newSimulation(t, seed)
		for range 200 {
			sim.live()
		}
		for _, n := range sim.log {
			for _, c := range n.calls {
				calls[fmt.Sprintf("%T", c)]++
				if b, ok := c.(Bind); ok && sim.api.byUID[b.PodUID] != nil && sim.api.byUID[b.PodUID].Node != "" {
					calls["Bind of an assigned pod"]++
				}
			}
			if n.remark != "" {
				calls["restart"]++
			}
		}
	}
	for _, c := range []any{Launch{}, Decline{}, Suppress{}, Revive{}, Kill{}, Reconcile{}, Acknowledge{}, Bind{}, Fail{}, Explain{}, Forget{}, Nominate{}, Preempt{}} {
		if kind := fmt.Sprintf("%T", c); calls[kind] < 40 {
			t.Errorf("only %d times %s in 40 lives", calls[kind], kind)
		}
	}
	for _, what := range []string{"restart", "Bind of an assigned pod"} {
		if calls[what] < 20 {
			t.Errorf("only %d times %s in 40 lives", calls[what], what)
		}
	}
	t.Log(calls)
}
