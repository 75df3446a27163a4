package scheduler

import "math"

// An age, here and wherever pods are called older or younger, is pod.seq: who has the higher
// priority counts as older, among equals who arrived before.

// index finds the oldest pod that fits into a given room without looking at all
// waiting pods: a binary tree over the classes, each node of which holds the
// least that any class below it asks for and the age of the oldest pod below. A
// branch is left out when even the least is too much, or when nothing in it is
// older than what has been found. With k classes an update costs log k, and so
// does a search, except when many classes fail for reasons that the tree does
// not cover: their nodes, single ports.
type index struct {
	classes []*class // by slot, nil while free
	free    []int    // slots to be used again
	tree    []least  // [1] is the root, the leaf of slot i is [len/2+i]
}

// least holds what is known about a branch: the least that a class in it asks for, the
// ages of the oldest and the youngest pod on top of its class, and bounds of the host
// ports: some class asks for none below low and, perhaps another, for none above high. A
// branch without ready pods is nothing. Two of them fit in a cache line, which is what a
// search costs.
type least struct {
	oldest, newest uint64
	need           need
	low, high      uint16
}

// need is an amount, as exact as 32 bits allow.
type need struct{ cpu, mem, disk int32 }

func (a Amount) need() need { return need{narrow(a.CPU), narrow(a.Mem), narrow(a.Disk)} }

func narrow(x int64) int32 { return int32(min(max(x, math.MinInt32), math.MaxInt32)) }

// within is certain when it says no, see [Amount.within].
func (n *need) within(room *need) bool {
	return n.cpu <= room.cpu && n.mem <= room.mem && (n.disk <= room.disk || n.disk == 0)
}

const never = math.MaxUint64

func nothing() least {
	return least{never, 0, unlimited.need(), 0, math.MaxUint16}
}

func (x *index) add(c *class) {
	if n := len(x.free); n > 0 {
		c.slot, x.free = x.free[n-1], x.free[:n-1]
		x.classes[c.slot] = c
	} else {
		c.slot = len(x.classes)
		x.classes = append(x.classes, c)
	}
	if c.slot >= len(x.tree)/2 {
		x.grow()
	}
	x.update(c)
}

func (x *index) remove(c *class) {
	x.classes[c.slot] = nil
	x.free = append(x.free, c.slot)
	x.set(c.slot, nothing())
}

// update records a change in the ready pods of a class.
func (x *index) update(c *class) {
	l := nothing()
	if len(c.ready) > 0 {
		seq := c.ready[0].seq
		l = least{seq, seq, c.amount.need(), math.MaxUint16, 0}
		if n := len(c.ports); n > 0 {
			l.low, l.high = c.ports[0], c.ports[n-1]
		}
	}
	x.set(c.slot, l)
}

func (x *index) set(slot int, l least) {
	i := len(x.tree)/2 + slot
	x.tree[i] = l
	for i /= 2; i > 0; i /= 2 {
		x.tree[i] = x.tree[2*i].and(x.tree[2*i+1])
	}
}

func (l least) and(m least) least {
	return least{
		oldest: min(l.oldest, m.oldest),
		newest: max(l.newest, m.newest),
		need:   need{min(l.need.cpu, m.need.cpu), min(l.need.mem, m.need.mem), min(l.need.disk, m.need.disk)},
		low:    max(l.low, m.low),
		high:   min(l.high, m.high),
	}
}

func (x *index) grow() {
	old := x.tree
	x.tree = make([]least, max(2*len(old), 16))
	for i := range x.tree {
		x.tree[i] = nothing()
	}
	for slot, l := range old[len(old)/2:] {
		if l.oldest != never {
			x.set(slot, l)
		}
	}
}

// search asks for the class of the oldest ready pod that fits into a room.
type search struct {
	room      Amount
	low, high uint16            // bounds of the host ports there
	after     uint64            // pods up to this age have been considered already
	fits      func(*class) bool // everything else that a pod asks for

	index *index
	most  need // room
	found *class
	seq   uint64 // age of the oldest pod found
}

// oldest returns the class that is searched for, or nil.
func (x *index) oldest(q search) *class {
	if len(x.tree) == 0 {
		return nil
	}
	q.index, q.most, q.seq = x, q.room.need(), never
	q.visit(1)
	return q.found
}

func (q *search) visit(i int) {
	l := &q.index.tree[i]
	if l.oldest >= q.seq || l.newest <= q.after || !l.need.within(&q.most) || l.low < q.low || l.high > q.high {
		return
	}
	if leaves := len(q.index.tree) / 2; i >= leaves {
		if c := q.index.classes[i-leaves]; c.amount.within(q.room) && q.fits(c) {
			q.found, q.seq = c, l.oldest
		}
		return
	}
	first, second := 2*i, 2*i+1
	if q.index.tree[second].oldest < q.index.tree[first].oldest {
		first, second = second, first
	}
	q.visit(first)
	q.visit(second)
}

// first returns the age of the oldest ready pod, of which there is one.
func (x *index) first() uint64 { return x.tree[1].oldest }

// hasReady reports whether any pod is ready.
func (x *index) hasReady() bool { return len(x.tree) > 0 && x.tree[1].oldest != never }
