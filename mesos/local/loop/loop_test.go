package loop

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// run runs a loop until the bubble's test ends.
func run(t *testing.T) *Loop {
	l, stop, done := New(), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		l.Run(stop)
	}()
	t.Cleanup(func() { close(stop); <-done })
	return l
}

// Timers fire when they are due, those due at the same time in the order in which they
// were set, and stopped ones never.
func TestTimers(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l, r, began := run(t), rand.New(rand.NewPCG(seed, 0)), time.Now()
				var fired, want []int
				var set []*Timer
				l.Do(func() {
					due := map[int]int{}
					for i := range 50 {
						due[i] = r.IntN(10)
						set = append(set, l.After(time.Duration(due[i])*time.Second, func() {
							if at := time.Since(began); at != time.Duration(due[i])*time.Second {
								t.Errorf("timer %d, due at %d s, fires at %v", i, due[i], at)
							}
							fired = append(fired, i)
						}))
					}
					for i, timer := range set {
						if r.IntN(3) == 0 {
							timer.Stop()
							timer.Stop()
							continue
						}
						want = append(want, i)
					}
					slices.SortStableFunc(want, func(a, b int) int { return due[a] - due[b] })
				})
				time.Sleep(time.Minute)
				l.Do(func() {
					if !slices.Equal(fired, want) {
						t.Errorf("fired %v, want %v", fired, want)
					}
				})
			})
		})
	}
}

// A timer may stop one that is due at the same time, and set another one; a timer that
// was never set, or has fired, can be stopped.
func TestTimersChangeTimers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := run(t)
		var fired []string
		l.Do(func() {
			var never, first, second *Timer
			never.Stop()
			first = l.After(time.Second, func() {
				fired = append(fired, "first")
				first.Stop()
				second.Stop()
				l.After(0, func() { fired = append(fired, "third") })
			})
			second = l.After(time.Second, func() { fired = append(fired, "second") })
		})
		time.Sleep(2 * time.Second)
		l.Do(func() {
			if !slices.Equal(fired, []string{"first", "third"}) {
				t.Errorf("fired %v", fired)
			}
		})
	})
}

// After its end a loop runs nothing, and says so.
func TestEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, stop := New(), make(chan struct{})
		ran := false
		go l.Run(stop)
		if !l.Do(func() { l.After(time.Second, func() { ran = true }) }) {
			t.Error("a running loop runs nothing")
		}
		close(stop)
		synctest.Wait()
		time.Sleep(time.Minute)
		if l.Do(func() { ran = true }) || ran {
			t.Error("something runs after the end")
		}
	})
}
