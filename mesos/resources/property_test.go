package resources

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// model is a naive form of resources: every thousandth, port and item by itself.
type model map[string]int

func modelOf(rs []*mesospb.Resource) model {
	m := model{}
	for _, r := range rs {
		key := r.GetName() + "(" + Role(r) + ")"
		switch r.GetType() {
		case mesospb.Value_SCALAR:
			m[key] += int(r.GetScalar().GetValue()*1000 + 0.5)
		case mesospb.Value_RANGES:
			for _, x := range r.GetRanges().GetRange() {
				for p := x.GetBegin(); p <= x.GetEnd(); p++ {
					m[fmt.Sprint(key, p)] = 1
				}
			}
		case mesospb.Value_SET:
			for _, item := range r.GetSet().GetItem() {
				m[key+item] = 1
			}
		}
	}
	return m
}

// isScalar reports whether a key counts thousandths.
func (m model) isScalar(key string) bool { return key[len(key)-1] == ')' }

func (m model) plus(o model) model {
	sum := maps.Clone(m)
	for key, n := range o {
		if sum[key] += n; !m.isScalar(key) {
			sum[key] = 1
		}
	}
	return sum
}

func (m model) minus(o model) (rest model, ok bool) {
	rest = maps.Clone(m)
	for key, n := range o {
		if rest[key] -= n; rest[key] < 0 {
			return nil, false
		}
	}
	return rest, true
}

func (m model) equal(o model) bool {
	full := func(m model) model {
		m = maps.Clone(m)
		maps.DeleteFunc(m, func(_ string, n int) bool { return n == 0 })
		return m
	}
	return maps.Equal(full(m), full(o))
}

// some returns random resources, in the syntax of Parse.
func some(r *rand.Rand) string {
	text := ""
	for range 1 + r.IntN(4) {
		role := []string{"", "(web)", "(*)"}[r.IntN(3)]
		switch r.IntN(4) {
		case 0:
			text += fmt.Sprintf("cpus%s:%d.%03d;", role, r.IntN(4), r.IntN(1000))
		case 1:
			text += fmt.Sprintf("mem%s:%d;", role, r.IntN(2000))
		case 2:
			from := 1 + r.IntN(40)
			text += fmt.Sprintf("ports%s:[%d-%d,%d-%d];", role, from, from+r.IntN(5), from+7, from+7+r.IntN(9))
		case 3:
			text += fmt.Sprintf("disks%s:{d%d, d%d};", role, r.IntN(4), r.IntN(4))
		}
	}
	return text
}

// Adding and subtracting give what counting one by one gives, what is written is read
// again, and nothing changes its arguments.
func TestArithmetic(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 0))
		var rs [2][]*mesospb.Resource
		var ms [2]model
		for i := range rs {
			text := some(r)
			var err error
			if rs[i], err = Parse(text); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			ms[i] = modelOf(rs[i])
			if again, err := Parse(Format(rs[i])); err != nil || !modelOf(again).equal(ms[i]) {
				t.Fatalf("%s is written as %s: %v", text, Format(rs[i]), err)
			}
		}
		sum := Add(rs[0], rs[1]...)
		if got, want := modelOf(sum), ms[0].plus(ms[1]); !got.equal(want) {
			t.Fatalf("seed %d: %s + %s = %s", seed, Format(rs[0]), Format(rs[1]), Format(sum))
		}
		for _, c := range [][2]int{{0, 1}, {1, 0}} {
			rest, ok := Subtract(rs[c[0]], rs[c[1]])
			want, can := ms[c[0]].minus(ms[c[1]])
			if ok != can || ok && !modelOf(rest).equal(want) || Contains(rs[c[0]], rs[c[1]]) != can {
				t.Fatalf("seed %d: %s - %s = %s, %v", seed, Format(rs[c[0]]), Format(rs[c[1]]), Format(rest), ok)
			}
		}
		if !Contains(sum, rs[0]) || !Contains(sum, rs[1]) || !Contains(sum, nil) {
			t.Fatalf("seed %d: a sum lacks one of its parts", seed)
		}
		for i := range rs {
			if !modelOf(rs[i]).equal(ms[i]) {
				t.Fatalf("seed %d: an argument has changed to %s", seed, Format(rs[i]))
			}
		}
	}
}

// Scalar and Ports sum up over all roles; ports of any number of ranges are merged.
func TestSums(t *testing.T) {
	t.Parallel()
	rs, err := Parse("cpus:1.5;cpus(web):0.25;mem:64;ports:[8-9,1-2];ports(web):[3-3,20-30];disks:{a}")
	if err != nil {
		t.Fatal(err)
	}
	if got := Ports(rs); !slices.Equal(got, []Range{{1, 3}, {8, 9}, {20, 30}}) {
		t.Errorf("ports %v", got)
	}
	for name, want := range map[string]int64{"cpus": 1750, "mem": 64000, "gpus": 0, "ports": 0, "disks": 0} {
		if got := Scalar(rs, name); got != want {
			t.Errorf("%s: %d, want %d", name, got, want)
		}
	}
	if Ports(nil) != nil && len(Ports(nil)) > 0 || Scalar(nil, "cpus") != 0 {
		t.Error("nothing has resources")
	}
}

// Allocated marks copies that are not marked yet, or removes every mark; resources of
// two allocations are of two kinds.
func TestAllocated(t *testing.T) {
	t.Parallel()
	rs, err := Parse("cpus:1;mem:64")
	if err != nil {
		t.Fatal(err)
	}
	web := Allocated(rs, "web")
	if rs[0].AllocationInfo != nil || web[0].AllocationInfo.GetRole() != "web" || web[1].AllocationInfo.GetRole() != "web" {
		t.Errorf("%v and %v", rs, web)
	}
	if again := Allocated(web, "db"); again[0].AllocationInfo.GetRole() != "web" {
		t.Errorf("marked twice: %v", again)
	}
	if bare := Allocated(web, ""); bare[0].AllocationInfo != nil || web[0].AllocationInfo == nil || !Contains(bare, rs) {
		t.Errorf("without marks: %v of %v", bare, web)
	}
	if Contains(web, rs) || Contains(web, Allocated(rs, "db")) || !Contains(web, Allocated(rs, "web")) {
		t.Error("allocations are mixed up")
	}
}

// The last of a stack of reservations counts, and a dynamic one is another kind than a
// static one.
func TestRole(t *testing.T) {
	t.Parallel()
	stack := func(kind mesospb.Resource_ReservationInfo_Type, roles ...string) *mesospb.Resource {
		r := &mesospb.Resource{Name: proto.String("cpus"), Type: mesospb.Value_SCALAR.Enum(), Scalar: &mesospb.Value_Scalar{Value: proto.Float64(1)}}
		for _, role := range roles {
			r.Reservations = append(r.Reservations, &mesospb.Resource_ReservationInfo{Type: &kind, Role: &role})
		}
		return r
	}
	static, dynamic := mesospb.Resource_ReservationInfo_STATIC, mesospb.Resource_ReservationInfo_DYNAMIC
	old := &mesospb.Resource{Name: proto.String("cpus"), Type: mesospb.Value_SCALAR.Enum(), Role: proto.String("web"), Scalar: &mesospb.Value_Scalar{Value: proto.Float64(1)}}
	for want, r := range map[string]*mesospb.Resource{"*": stack(static), "web": old, "web/db": stack(dynamic, "web", "web/db")} {
		if got := Role(r); got != want {
			t.Errorf("%v is reserved for %s, want %s", r, got, want)
		}
	}
	one := func(r *mesospb.Resource) []*mesospb.Resource { return []*mesospb.Resource{r} }
	if !Contains(one(old), one(stack(static, "web"))) || Contains(one(old), one(stack(dynamic, "web"))) || Contains(one(stack(static)), one(old)) {
		t.Error("kinds of reservations are mixed up")
	}
	old.Reservation = &mesospb.Resource_ReservationInfo{}
	if !Contains(one(old), one(stack(dynamic, "web"))) {
		t.Error("the old form of a dynamic reservation is another kind than the new one")
	}
}
