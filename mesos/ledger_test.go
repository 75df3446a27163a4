package mesos

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	pb "github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// Seeded lives of a ledger whose agent loses calls and acknowledgements and
// restarts. Whatever happens, the agent first sees the updates of each task in the
// order in which they were made; a task that it may ask about is always in one of
// the lists; and once faults are over, everything is acknowledged.
func TestLedgerLives(t *testing.T) {
	t.Parallel()
	for seed := range uint64(500) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			w := &world{t: t, rand: rand.New(rand.NewPCG(seed, 0)), now: time.Unix(0, 0), seen: map[string][]int{}, made: map[string]int{}}
			for range 100 {
				w.step()
				w.check()
			}
			w.faultless = true
			w.subscribe()
			for range 1000 {
				if len(w.ledger.updates) == 0 {
					break
				}
				w.send()
			}
			w.check()
			if len(w.ledger.updates) > 0 {
				t.Errorf("%d updates never acknowledged", len(w.ledger.updates))
			}
			for task, made := range w.made {
				if len(w.seen[task]) != made {
					t.Errorf("task %s: %d of %d updates arrived", task, len(w.seen[task]), made)
				}
			}
		})
	}
}

type world struct {
	t         *testing.T
	rand      *rand.Rand
	now       time.Time
	ledger    ledger
	faultless bool

	launched []string
	made     map[string]int   // updates by task
	seen     map[string][]int // by the agent: numbers of updates, in order of first arrival
	acks     [][2]string      // in flight: task and uuid
}

func (w *world) step() {
	w.now = w.now.Add(time.Duration(w.rand.Int64N(int64(3 * time.Second))))
	switch w.rand.IntN(8) {
	case 0:
		id := fmt.Sprint(len(w.launched))
		w.launched = append(w.launched, id)
		w.ledger.launched(task(id))
	case 1, 2:
		if len(w.launched) > 0 {
			w.update(w.launched[w.rand.IntN(len(w.launched))])
		}
	case 3, 4, 5:
		w.send()
	case 6:
		w.acknowledge()
	case 7:
		if w.rand.IntN(4) == 0 {
			w.subscribe()
		}
	}
}

func (w *world) update(id string) {
	s := state(id, pb.TaskState_TASK_RUNNING)
	s.Uuid = fmt.Appendf(nil, "%s/%d", id, w.made[id])
	w.made[id]++
	w.ledger.add(s)
}

func (w *world) send() {
	s, wait := w.ledger.next(w.now)
	if s == nil {
		if wait >= 0 && w.faultless {
			w.now = w.now.Add(wait)
		}
		return
	}
	w.ledger.sent(s.Uuid, w.now)
	if w.faultless || w.rand.IntN(4) > 0 {
		w.arrive(s)
	}
	w.acknowledge()
}

// arrive makes the agent receive an update; it acknowledges a known one again.
func (w *world) arrive(s *pb.TaskStatus) {
	id := s.GetTaskId().GetValue()
	var number int
	fmt.Sscanf(string(s.Uuid), id+"/%d", &number)
	if !slices.Contains(w.seen[id], number) {
		w.seen[id] = append(w.seen[id], number)
	}
	if w.faultless || w.rand.IntN(4) > 0 {
		w.acks = append(w.acks, [2]string{id, string(s.Uuid)})
	}
}

func (w *world) acknowledge() {
	for _, a := range w.acks {
		w.ledger.acknowledged(a[0], []byte(a[1]))
		w.ledger.acknowledged(a[0], []byte(a[1])) // acknowledged twice
	}
	w.acks = nil
}

// subscribe makes a new subscription, which arrives completely or not at all.
func (w *world) subscribe() {
	w.acks = nil
	s := w.ledger.subscribe(w.now)
	if !w.faultless && w.rand.IntN(2) == 0 {
		return
	}
	for _, u := range s.UnacknowledgedUpdates {
		w.arrive(u.Status)
	}
}

func (w *world) check() {
	for id, numbers := range w.seen {
		for i, n := range numbers {
			if i != n {
				w.t.Fatalf("task %s: the agent saw its updates as %v", id, numbers)
			}
		}
	}
	known := map[string]bool{}
	for _, t := range w.ledger.tasks {
		known[t.GetTaskId().GetValue()] = true
	}
	for _, id := range w.launched {
		if len(w.seen[id]) == 0 && !known[id] {
			w.t.Fatalf("task %s, of which the agent has heard nothing, is not in the next SUBSCRIBE", id)
		}
	}
}
