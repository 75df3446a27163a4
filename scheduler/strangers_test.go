package scheduler

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// A hundred thousand tasks without a record are all killed, at a bounded pace and
// once each, whatever they and the master say about them meanwhile and however
// often the connection breaks.
func TestManyStrangers(t *testing.T) {
	t.Parallel()
	const many = 100_000
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(seed, 5))
			began := time.Unix(1000, 0)
			now, s := began, New(Config{})
			perSecond, kills, again := map[int64]int{}, map[string]int{}, 0
			lives, told := map[string]bool{}, []string(nil) // told: whose Kill was delivered
			step := func(e Event) {
				for _, c := range s.Step(now, e) {
					if k, is := c.(Kill); is {
						perSecond[int64(now.Sub(began)/time.Second)]++
						if kills[k.Task]++; kills[k.Task] > 1 {
							again++
						}
						if rng.IntN(10) > 0 { // or it is lost
							told = append(told, k.Task)
						}
					}
				}
			}
			say := func(id string, state mesospb.TaskState) {
				step(Updated{Update{Task: id, Agent: "A" + id[len(id)-2:], State: state, Source: master, Reason: reconciled.Enum()}})
			}
			step(PodsListed{})
			step(Subscribed{})
			ids := make([]string, many)
			for i := range ids {
				ids[i] = fmt.Sprintf("x%05d", i)
				lives[ids[i]] = true
			}
			for round := range 4 { // the connection breaks; the master tells of all again
				for _, i := range rng.Perm(many) {
					if lives[ids[i]] {
						say(ids[i], mesospb.TaskState_TASK_RUNNING)
					}
				}
				if round < 3 {
					now = now.Add(time.Duration(1+rng.IntN(10)) * time.Second)
					step(Disconnected{})
					step(Subscribed{})
				}
			}
			for len(lives) > 0 && now.Sub(began) < 2*time.Hour {
				now = now.Add(100 * time.Millisecond)
				step(Tick{})
				ended := told
				told = nil
				for _, id := range ended {
					say(id, mesospb.TaskState_TASK_KILLED)
					delete(lives, id)
				}
			}
			if len(lives) > 0 || len(s.tasks.byID) > 0 {
				t.Errorf("%d of %d live on after %v, %d are still known", len(lives), many, now.Sub(began), len(s.tasks.byID))
			}
			for second, n := range perSecond {
				if n > 2*strangersPerSecond { // a second of ours may meet two of the core's
					t.Errorf("%d kills in second %d", n, second)
				}
			}
			if average := float64(len(kills)+again) / now.Sub(began).Seconds(); average > strangersPerSecond+1 {
				t.Errorf("%.0f kills a second", average)
			}
			if again > many/5 { // one in ten is lost, and all that the last second told
				t.Errorf("%d kills of tasks that had been told before", again)
			}
			t.Logf("%d kills, %d of them repeated, in %v", len(kills)+again, again, now.Sub(began))
		})
	}
}
