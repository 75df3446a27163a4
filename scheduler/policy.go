package scheduler

import "slices"

// Order is a policy: which pod goes first among those of one priority that fit.
type Order string

const (
	// FirstCome serves pods in the order in which they arrive.
	FirstCome Order = "fcfs"

	// Fair lets namespaces take turns: the pod of the namespace goes first that has
	// the least of what it has most of (dominant resource fairness), and within a
	// namespace the one that arrived first.
	Fair Order = "fair"
)

// Choice is a policy: which agent takes the next pod, among those that offer at the same
// time.
type Choice string

const (
	// Spread lets agents take turns.
	Spread Choice = "spread"

	// Binpack fills an agent before the next, the fullest first.
	Binpack Choice = "binpack"
)

// Orders and Choices are all there are, the defaults first.
var (
	Orders  = []Order{FirstCome, Fair}
	Choices = []Choice{Spread, Binpack}
)

// shares holds what the tasks of each namespace have, if a policy asks for that.
type shares struct {
	nodes *nodes
	used  map[string]Amount // nil: nobody asks
}

func (s *shares) add(namespace string, a Amount)    { s.set(namespace, s.used[namespace].plus(a)) }
func (s *shares) remove(namespace string, a Amount) { s.set(namespace, s.used[namespace].minus(a)) }

func (s *shares) set(namespace string, a Amount) {
	switch {
	case s.used == nil, namespace == "":
	case a == Amount{}:
		delete(s.used, namespace)
	default:
		s.used[namespace] = a
	}
}

// dominant returns how much a namespace has of that resource of which it has the largest
// part of all Nodes.
func (s *shares) dominant(namespace string) float64 {
	a, all := s.used[namespace], s.nodes.size
	return max(fraction(a.CPU, all.CPU), fraction(a.Mem, all.Mem), fraction(a.Disk, all.Disk))
}

// fraction returns which part of a whole something is; of an unknown whole, itself.
func fraction(part, whole int64) float64 { return float64(part) / float64(max(whole, 1)) }

// line holds the classes whose pods are served in the order of their ages: those of a
// namespace, or all.
type line struct {
	namespace string
	index     index
	classes   int
}

// lines holds the lines that pods stand in: one for all, or with policy Fair one for each
// namespace.
type lines struct {
	fair   bool
	shares *shares
	all    []*line
}

// of returns the line in which pods of a namespace stand.
func (x *lines) of(namespace string) *line {
	if !x.fair {
		namespace = ""
	}
	for _, l := range x.all {
		if l.namespace == namespace {
			return l
		}
	}
	l := &line{namespace: namespace}
	x.all = append(x.all, l)
	return l
}

// add puts a new class into the line of its pods' namespace.
func (x *lines) add(c *class, namespace string) {
	c.line = x.of(namespace)
	c.line.classes++
	c.line.index.add(c)
}

// remove takes a class out of its line, which ends with the last of a namespace.
func (x *lines) remove(c *class) {
	c.line.index.remove(c)
	if c.line.classes--; c.line.classes == 0 && x.fair {
		x.all = slices.DeleteFunc(x.all, func(l *line) bool { return l == c.line })
	}
}

// classes returns those of all lines; nil is none.
func (x *lines) classes() []*class {
	if !x.fair {
		return x.of("").index.classes
	}
	var all []*class
	for _, l := range x.all {
		all = append(all, l.index.classes...)
	}
	return all
}

// hasReady reports whether any pod is ready.
func (x *lines) hasReady() bool {
	return slices.ContainsFunc(x.all, func(l *line) bool { return l.index.hasReady() })
}

// oldest returns the class of the first pod to be served that is searched for, or nil.
func (x *lines) oldest(q search) *class {
	if x.fair {
		return x.fairest(q)
	}
	return x.of("").index.oldest(q)
}

func (x *lines) fairest(q search) *class {
	q.after = 0 // what was considered in one line says nothing of the others
	var found *class
	var least float64
	for _, l := range x.all {
		if !l.index.hasReady() {
			continue
		}
		share := x.shares.dominant(l.namespace)
		if found != nil && !goesBefore(l.index.first(), share, found.ready[0].seq, least) {
			continue // not even its oldest pod, whatever it needs
		}
		c := l.index.oldest(q)
		if c != nil && (found == nil || goesBefore(c.ready[0].seq, share, found.ready[0].seq, least)) {
			found, least = c, share
		}
	}
	return found
}

// goesBefore compares two pods by their ages and the shares of their namespaces.
func goesBefore(first uint64, shareA float64, second uint64, shareB float64) bool {
	if first>>32 != second>>32 { // of different priorities, see inOrder
		return first < second
	}
	return shareA < shareB || shareA == shareB && first < second
}
