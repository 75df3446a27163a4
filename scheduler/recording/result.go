package recording

import (
	"slices"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
)

// Result is what became of the pods that came while a recording was made, and how well the
// agents were used.
type Result struct {
	Pods []Fate // in order of arrival
	// Placed is how many of them were bound to a node, P50 and P95 how long half and 95 %
	// of these waited at most, from their arrival to the launch.
	Placed   int
	P50, P95 time.Duration
	// CPU and Mem are the parts of what the agents had that the pods' tasks had, in the mean.
	CPU, Mem float64
}

// Fate is what became of a pod.
type Fate struct {
	Name   string
	Node   string        // empty: it was not placed
	Waited time.Duration // until its launch, or if it was not placed, to its end or that of the recording
}

// books add up a Result.
type books struct {
	at     time.Time
	used   scheduler.Amount // by tasks, now
	got    share
	result Result
	index  map[string]int // in result.Pods, by uid
	trace  *Trace
}

// share is an amount times seconds.
type share struct{ cpu, mem float64 }

func newBooks(t *Trace) *books {
	return &books{at: t.began, index: map[string]int{}, trace: t}
}

// until adds up to a time, which does not run backwards.
func (b *books) until(now time.Time) {
	b.got.add(b.used, now.Sub(b.at))
	b.at = now
}

func (s *share) add(a scheduler.Amount, d time.Duration) {
	s.cpu += float64(a.CPU) * d.Seconds()
	s.mem += float64(a.Mem) * d.Seconds()
}

// uses notes that tasks have more, or less.
func (b *books) uses(more scheduler.Amount) { b.used = plus(b.used, more) }

func (b *books) arrived(uid string, l *life) {
	if !l.fixed {
		b.index[uid] = len(b.result.Pods)
		b.result.Pods = append(b.result.Pods, Fate{Name: l.name})
	}
}

func (b *books) placed(uid, node string, launched time.Time) {
	i, is := b.index[uid]
	if is && b.result.Pods[i].Node == "" {
		b.result.Pods[i].Node, b.result.Pods[i].Waited = node, launched.Sub(b.trace.lives[uid].arrived)
	}
}

// close returns the result at the end.
func (b *books) close() Result {
	end := b.trace.end
	b.until(end)
	var had share
	for _, m := range b.trace.machines {
		had.add(m.size, end.Sub(m.since))
	}
	var waits []time.Duration
	for uid, i := range b.index {
		f, l := &b.result.Pods[i], b.trace.lives[uid]
		switch {
		case f.Node != "":
			waits = append(waits, f.Waited)
		case l.ended.IsZero() || l.placed:
			f.Waited = end.Sub(l.arrived)
		default:
			f.Waited = l.ended.Sub(l.arrived)
		}
	}
	slices.Sort(waits)
	r := &b.result
	r.Placed, r.P50, r.P95 = len(waits), rank(waits, 50), rank(waits, 95)
	r.CPU, r.Mem = part(b.got.cpu, had.cpu), part(b.got.mem, had.mem)
	return *r
}

// rank returns the least of sorted durations than which no more than so many percent are
// smaller or equal.
func rank(sorted []time.Duration, percent int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[(len(sorted)*percent+99)/100-1]
}

func part(of, whole float64) float64 {
	if whole == 0 {
		return 0
	}
	return of / whole
}

func plus(a, b scheduler.Amount) scheduler.Amount {
	return scheduler.Amount{CPU: a.CPU + b.CPU, Mem: a.Mem + b.Mem, Disk: a.Disk + b.Disk}
}

func minus(a, b scheduler.Amount) scheduler.Amount {
	return scheduler.Amount{CPU: a.CPU - b.CPU, Mem: a.Mem - b.Mem, Disk: a.Disk - b.Disk}
}

func most(a, b scheduler.Amount) scheduler.Amount {
	return scheduler.Amount{CPU: max(a.CPU, b.CPU), Mem: max(a.Mem, b.Mem), Disk: max(a.Disk, b.Disk)}
}
