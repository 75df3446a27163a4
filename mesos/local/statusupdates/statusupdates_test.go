package statusupdates

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/loop"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// task stands for what streams are about.
type task struct{ name string }

// world is a Manager in a loop, with a scheduler that writes down what it gets.
type world struct {
	*Manager[task]
	loop  *loop.Loop
	ready bool
	began time.Time
	got   []string
}

func newWorld(t *testing.T) *world {
	w := &world{loop: loop.New(), ready: true, began: time.Now()}
	w.Manager = New(w.loop, 10*time.Second, func() bool { return w.ready }, func(s *Stream[task]) {
		w.got = append(w.got, fmt.Sprintf("%v %s/%s %s", time.Since(w.began), s.Framework, s.Task.name, s.First().Uuid))
	})
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		w.loop.Run(stop)
	}()
	t.Cleanup(func() { close(stop); <-done })
	return w
}

func (w *world) add(framework, name string, uuids ...string) (isNew bool) {
	for _, id := range uuids {
		s := w.Stream(Key{framework, name}, &task{name})
		if isNew = s.Add(&mesospb.TaskStatus{TaskId: &mesospb.TaskID{Value: &name}, Uuid: []byte(id)}); isNew {
			w.Push(s)
		}
	}
	return isNew
}

// acknowledge acknowledges a status; ends says whether it is a task's last.
func (w *world) acknowledge(framework, name, uuid string, ends bool) (asked int) {
	w.Acknowledge(Key{framework, name}, []byte(uuid), func(*task, *mesospb.TaskStatus) bool { asked++; return ends })
	return asked
}

func (w *world) expect(t *testing.T, want ...string) {
	t.Helper()
	w.loop.Do(func() {
		if !slices.Equal(w.got, want) {
			t.Errorf("sent %q, want %q", w.got, want)
		}
		w.got = nil
	})
}

// The first status of each task is sent at once and again, at intervals that double up
// to ten minutes; the next follows its acknowledgement.
func TestRetries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.loop.Do(func() {
			w.add("f", "a", "1", "2")
			w.add("f", "b", "3")
		})
		w.expect(t, "0s f/a 1", "0s f/b 3")
		time.Sleep(31 * time.Second)
		w.expect(t, "10s f/a 1", "10s f/b 3", "30s f/a 1", "30s f/b 3")
		w.loop.Do(func() { w.acknowledge("f", "a", "1", false) })
		time.Sleep(10 * time.Second)
		w.expect(t, "31s f/a 2", "41s f/a 2")
		w.loop.Do(func() { w.acknowledge("f", "a", "2", true) })
		time.Sleep(3 * time.Hour)
		w.loop.Do(func() {
			n := len(w.got)
			if n < 3 || w.got[n-1] == w.got[n-2] {
				t.Fatalf("sent %q", w.got)
			}
			var gaps []time.Duration
			for _, line := range w.got[n-2:] {
				var at, rest string
				fmt.Sscan(line, &at, &rest)
				d, err := time.ParseDuration(at)
				if err != nil || rest != "f/b" {
					t.Fatalf("sent %q: %v", line, err)
				}
				gaps = append(gaps, d)
			}
			if gap := gaps[1] - gaps[0]; gap != longestRetry {
				t.Errorf("after hours it is sent each %v", gap)
			}
		})
	})
}

// Only the first status can be acknowledged, once; a status that is known is not new.
func TestAcknowledge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.loop.Do(func() {
			w.add("f", "a", "1", "2")
			if w.add("f", "a", "1") || w.add("f", "a", "2") {
				t.Error("a status is new twice")
			}
			for _, c := range []struct {
				framework, task, uuid string
				want                  int
			}{{"f", "a", "2", 0}, {"g", "a", "1", 0}, {"f", "b", "1", 0}, {"f", "a", "1", 1}, {"f", "a", "1", 0}, {"f", "a", "2", 1}} {
				if n := w.acknowledge(c.framework, c.task, c.uuid, c.uuid == "2"); n != c.want {
					t.Errorf("%v: the task is asked about %d times", c, n)
				}
			}
			if len(w.streams) != 0 {
				t.Errorf("%d streams are left", len(w.streams))
			}
			if !w.add("f", "a", "1") {
				t.Error("a task of the same name has no status of its own")
			}
		})
		w.expect(t, "0s f/a 1", "0s f/a 2", "0s f/a 1")
	})
}

// A stream outlives its task's end, which is acknowledged once, while statuses wait.
func TestStatusesAfterTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.loop.Do(func() {
			w.send = func(s *Stream[task]) { w.got = append(w.got, fmt.Sprint(string(s.First().Uuid), s.Task == nil)) }
			w.add("f", "a", "1", "2")
			w.acknowledge("f", "a", "1", true)
			if n := w.acknowledge("f", "a", "2", true); n != 0 || len(w.streams) != 0 {
				t.Errorf("the end of the task is told %d times more; %d streams are left", n, len(w.streams))
			}
		})
		w.expect(t, "1false", "2true")
	})
}

// Nothing is sent while the master cannot be reached, or after Pause, until Resend, which
// sends the oldest stream's first; Forget ends what concerns a framework.
func TestAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.loop.Do(func() {
			w.ready = false
			w.add("f", "b", "1")
			w.add("f", "a", "2")
			w.add("g", "c", "3")
		})
		time.Sleep(time.Minute)
		w.expect(t)
		w.loop.Do(func() { w.ready = true; w.Resend("f") })
		time.Sleep(10 * time.Second)
		w.expect(t, "1m0s f/b 1", "1m0s f/a 2", "1m10s f/b 1", "1m10s f/a 2")
		w.loop.Do(func() { w.Pause() })
		time.Sleep(time.Hour)
		w.expect(t)
		w.loop.Do(func() { w.Forget("f"); w.Resend("f"); w.Resend("g") })
		time.Sleep(10 * time.Second)
		w.expect(t, "1h1m10s g/c 3", "1h1m20s g/c 3")
	})
}

// In whatever order statuses are added, lost and acknowledged, each arrives, and those of
// one task in order.
func TestEveryStatusArrives(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, r := newWorld(t), rand.New(rand.NewPCG(seed, 0))
				arrived, added := map[string][]string{}, map[string][]string{}
				w.loop.Do(func() {
					w.send = func(s *Stream[task]) {
						if r.IntN(2) == 0 {
							return // lost
						}
						key, id := s.Key, string(s.First().Uuid)
						if l := arrived[key.Task]; len(l) == 0 || l[len(l)-1] != id {
							arrived[key.Task] = append(l, id)
						}
						if r.IntN(2) == 0 {
							w.loop.After(time.Second, func() { w.acknowledge(key.Framework, key.Task, id, false) })
						}
					}
				})
				for i := range 40 {
					var pause time.Duration
					w.loop.Do(func() {
						name := fmt.Sprint("task-", r.IntN(5))
						pause = time.Duration(r.IntN(3000)) * time.Millisecond
						w.add("f", name, fmt.Sprint(i))
						added[name] = append(added[name], fmt.Sprint(i))
						w.ready = r.IntN(3) > 0
						if w.ready {
							w.Resend("f")
						}
					})
					time.Sleep(pause)
				}
				w.loop.Do(func() { w.ready = true; w.Resend("f") })
				time.Sleep(100 * time.Hour)
				w.loop.Do(func() {
					for name, want := range added {
						if !slices.Equal(arrived[name], want) {
							t.Errorf("%s: arrived %v of %v", name, arrived[name], want)
						}
					}
				})
			})
		})
	}
}
