package local

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

func parsed(t *testing.T, text string) []*mesospb.Resource {
	t.Helper()
	rs, err := resources.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return rs
}

// Orders for an agent that does not hear them wait, in order, until it does.
func TestLink(t *testing.T) {
	t.Parallel()
	l := &link{running: true, connected: true}
	var done []int
	tell := func(i int) { l.tell(func() { done = append(done, i) }) }
	tell(1)
	l.silent = true
	tell(2)
	tell(3)
	if !slices.Equal(done, []int{1}) || l.heard() {
		t.Errorf("a silent agent has done %v", done)
	}
	l.silent = false
	l.read()
	l.read()
	if !slices.Equal(done, []int{1, 2, 3}) || !l.heard() {
		t.Errorf("an agent that is back has done %v", done)
	}
	l.silent = true
	tell(4)
	l.close()
	l.read()
	if len(done) != 3 {
		t.Errorf("after its end an agent has done %v", done)
	}
}

func TestLinkCondition(t *testing.T) {
	t.Parallel()
	for want, l := range map[string]link{
		"":                     {running: true, connected: true},
		"registering":          {running: true},
		"stopped":              {},
		"stopped, unreachable": {removed: true},
		"paused":               {running: true, connected: true, silent: true},
		"paused, unreachable":  {running: true, silent: true, removed: true},
	} {
		if got := l.condition(); got != want {
			t.Errorf("%+v is %q, want %q", l, got, want)
		}
	}
}

// Whatever is taken, given back and offered, an agent's resources are neither lost nor
// made.
func TestCapacity(t *testing.T) {
	t.Parallel()
	total := parsed(t, "cpus:4;mem:1024;ports:[1-100]")
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 0))
		c := capacity{total: total, free: total, offers: map[string]*offer{}}
		var taken [][]*mesospb.Resource
		for i := range 60 {
			switch r.IntN(3) {
			case 0:
				from := 1 + 10*r.IntN(10)
				rs := parsed(t, fmt.Sprintf("cpus:%d;mem:64;ports:[%d-%d]", r.IntN(2)+1, from, from+9))
				before := c.free
				if c.take(rs); resources.Contains(before, rs) {
					taken = append(taken, rs)
				} else if !resources.Contains(c.free, before) {
					t.Fatalf("seed %d: what is not free was taken", seed)
				}
			case 1:
				if len(taken) > 0 {
					c.give(taken[0])
					taken = taken[1:]
				}
			case 2:
				if len(taken) > 0 {
					c.offers[fmt.Sprint(i)] = &offer{resources: taken[0]}
					taken = taken[1:]
				}
			}
			used, offered := c.shares()
			if all := resources.Add(resources.Add(c.free, used...), offered...); !resources.Contains(all, total) || !resources.Contains(total, all) {
				t.Fatalf("seed %d: free %s, used %s and offered %s of %s", seed, resources.Format(c.free), resources.Format(used), resources.Format(offered), resources.Format(total))
			}
		}
	}
}

func newTask(name string, a *agent) *task {
	return &task{info: &mesospb.TaskInfo{TaskId: &mesospb.TaskID{Value: &name}}, agent: a}
}

// A set finds tasks by id and by agent, in the order of their launch, and remembers the
// last that ended.
func TestTaskSet(t *testing.T) {
	t.Parallel()
	ts, one, two := newTaskSet(), &agent{}, &agent{}
	for i := range 4 {
		ts.add(newTask(fmt.Sprint(i), []*agent{one, two}[i%2]))
	}
	for _, on := range ts.on(two) { // the set may change meanwhile
		ts.remove(on)
		ts.finish(on)
	}
	if left := ts.on(one); len(left) != 2 || left[0].id() != "0" || left[1].id() != "2" || len(ts.on(two)) != 0 || ts.byID["1"] != nil || ts.byID["2"] != left[1] {
		t.Errorf("left %v", ts.order)
	}
	for i := range maxFinished {
		ts.finish(newTask(fmt.Sprint("more-", i), one))
	}
	if n := len(ts.finished); n != maxFinished || ts.finished[0].id() != "more-0" {
		t.Errorf("%d finished tasks, the first is %s", n, ts.finished[0].id())
	}
}

// Ids are not used twice, and frameworks that ended for good are known, up to a limit.
func TestFrameworks(t *testing.T) {
	t.Parallel()
	fs := newFrameworks()
	for i := range maxCompleted + 2 {
		id := fs.newID("M")
		if want := fmt.Sprintf("M-%04d", i); id != want {
			t.Errorf("id %s, want %s", id, want)
		}
		fs.add(&framework{id: id})
	}
	gone := fs.order[0]
	fs.forget(gone)
	if fs.byID[gone.id] != nil || fs.isCompleted(gone.id) || len(fs.order) != maxCompleted+1 {
		t.Error("a framework that may come back is not forgotten")
	}
	for _, f := range slices.Clone(fs.order) {
		fs.complete(f)
	}
	if fs.isCompleted("M-0001") || !fs.isCompleted("M-0002") || len(fs.order)+len(fs.byID) != 0 {
		t.Errorf("completed are %d; %d are left", len(fs.completed), len(fs.order))
	}
}

// A filter holds back what was refused, or less of it, in its role and for its time.
func TestFilters(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		al := &allocator{cfg: &Config{AllocationInterval: 2 * time.Second}}
		a, other := &agent{}, &agent{}
		refused, more := parsed(t, "cpus:1;mem:64"), parsed(t, "cpus:2;mem:64")
		for _, c := range []struct {
			seconds *float64
			lasts   time.Duration
		}{{nil, 5 * time.Second}, {proto.Float64(10), 10 * time.Second}, {proto.Float64(0.5), 2 * time.Second}, {proto.Float64(0), 0}, {proto.Float64(-1), 5 * time.Second}, {proto.Float64(1e30), longestFilter}} {
			f := &framework{filters: map[*agent][]*filter{}}
			al.refuse(f, "r", a, refused, &mesospb.Filters{RefuseSeconds: c.seconds})
			if f.refuses("r", a, refused) != (c.lasts > 0) || f.refuses("r", a, more) || f.refuses("s", a, refused) || f.refuses("r", other, refused) {
				t.Errorf("refused for %v: %+v", c.lasts, f.filters[a])
			}
			time.Sleep(max(c.lasts-time.Millisecond, 0))
			if f.refuses("r", a, refused) != (c.lasts > 0) {
				t.Errorf("a filter of %v ends early", c.lasts)
			}
			if time.Sleep(time.Millisecond); f.refuses("r", a, refused) {
				t.Errorf("a filter of %v does not end", c.lasts)
			}
		}
	})
}

// Resources are for everyone, for the role itself, or for a role above it.
func TestMayUse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		role, reserved string
		want           bool
	}{{"a", "*", true}, {"a", "a", true}, {"a/b", "a", true}, {"a", "a/b", false}, {"ab", "a", false}, {"*", "a", false}} {
		if got := mayUse(c.role, c.reserved); got != c.want {
			t.Errorf("role %s, reserved for %s: %v", c.role, c.reserved, got)
		}
	}
}
