package scheduler

import (
	"flag"
	"fmt"
	"testing"
	"time"
)

var (
	lives    = flag.Int("lives", 600, "how many lives TestLives simulates")
	firstOne = flag.Uint64("seed", 0, "seed of the first life")
)

// TestLives lives through whole lives of a framework in a hostile world, each
// from a seed: after every step the list of what must never happen is checked
// (check_test.go), and when the faults have stopped everything must run, or wait
// with a reason, and every update must have been acknowledged.
func TestLives(t *testing.T) {
	for seed := *firstOne; seed < *firstOne+uint64(*lives); seed++ {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, seed)
			for range 200 {
				w.live()
			}
			w.heal()
			for range 150 {
				w.live()
				w.pass(8 * time.Second)
			}
			w.checkEnd()
		})
	}
}

// heal ends all faults.
func (w *world) heal() {
	w.remark("from here on nothing fails")
	w.faults = false
	for _, a := range w.agents {
		w.comeBack(a)
	}
	if !w.connected {
		w.subscribe()
	}
}
