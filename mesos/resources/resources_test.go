package resources_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
	"pgregory.net/rapid"
)

func parse(t testing.TB, s string) []*mesospb.Resource {
	t.Helper()
	rs, err := resources.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return rs
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want, err string }{
		{in: "", want: ""},
		{in: "cpus:4;mem:1024;ports:[31000-32000]", want: "cpus:4; mem:1024; ports:[31000-32000]"},
		{in: " cpus : 0.5 ; ports:[2-3, 1-1,5-9] ", want: "cpus:0.5; ports:[1-3, 5-9]"},
		{in: "cpus:1;cpus:2;cpus(web):3;cpus(*):1", want: "cpus:4; cpus(web):3"},
		{in: "disks:{sdb,sda,sdb}", want: "disks:{sda, sdb}"},
		{in: "cpus:1.0006", want: "cpus:1.001"},
		{in: "cpus", err: `resource "cpus": no value`},
		{in: ":4", err: "no name"},
		{in: "cpus:-1", err: "negative"},
		{in: "cpus:inf", err: "not a number"},
		{in: "cpus:four", err: "not a number"},
		{in: "cpus(web:4", err: "not closed"},
		{in: "cpus():4", err: "empty"},
		{in: "ports:[10-1]", err: "not a range"},
		{in: "ports:[1-2", err: "not closed"},
		{in: "ports:[5]", err: "not a range"},
		{in: "disks:{a", err: "not closed"},
	} {
		rs, err := resources.Parse(c.in)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("Parse(%q): error %v, want one with %q", c.in, err, c.err)
			}
			continue
		}
		if err != nil || resources.Format(rs) != c.want {
			t.Errorf("Parse(%q) = %q, %v; want %q", c.in, resources.Format(rs), err, c.want)
		}
	}
}

func TestParseAttributes(t *testing.T) {
	t.Parallel()
	as, err := resources.ParseAttributes("rack:r1;level:10;keys:[1000-1500];url:http://x:80;rack:nan")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range as {
		got = append(got, fmt.Sprint(a.GetName(), " ", a.GetType(), " ", a.GetText().GetValue(), a.GetScalar().GetValue()))
	}
	want := "rack TEXT r10; level SCALAR 10; keys RANGES 0; url TEXT http://x:800; rack TEXT nan0"
	if s := strings.Join(got, "; "); s != want {
		t.Errorf("got %s\nwant %s", s, want)
	}
	for _, bad := range []string{"rack", ":x", "rack:", "keys:[1"} {
		if _, err := resources.ParseAttributes(bad); err == nil {
			t.Errorf("ParseAttributes(%q): no error", bad)
		}
	}
}

func TestSubtract(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ all, part, want string }{
		{"cpus:4;mem:64", "cpus:1", "cpus:3; mem:64"},
		{"cpus:4", "cpus:4", ""},
		{"cpus:0.3", "cpus:0.1", "cpus:0.2"},
		{"ports:[1-10]", "ports:[1-1,5-5,10-10]", "ports:[2-4, 6-9]"},
		{"ports:[1-10,20-30]", "ports:[1-10]", "ports:[20-30]"},
		{"s:{a,b}", "s:{b}", "s:{a}"},
		{"cpus:4", "", "cpus:4"},
		{"cpus:1", "mem:0", "cpus:1"},
		{"cpus:1", "cpus:1.001", "no"},
		{"cpus:1", "mem:1", "no"},
		{"cpus(web):1", "cpus:1", "no"},
		{"ports:[1-10,12-20]", "ports:[9-13]", "no"},
		{"ports:[5-10]", "ports:[4-5]", "no"},
		{"s:{a}", "s:{b}", "no"},
	} {
		all := parse(t, c.all)
		rest, ok := resources.Subtract(all, parse(t, c.part))
		got := resources.Format(rest)
		if !ok {
			got = "no"
		}
		if got != c.want {
			t.Errorf("%s - %s = %s, want %s", c.all, c.part, got, c.want)
		}
		if now := resources.Format(parse(t, c.all)); resources.Format(all) != now {
			t.Errorf("%s was changed into %s", now, resources.Format(all))
		}
	}
}

// A negative or invalid amount must never add to what is left.
func TestSubtractNonsense(t *testing.T) {
	t.Parallel()
	for _, v := range []float64{-1, math.Inf(-1)} {
		part := parse(t, "cpus:1")
		part[0].Scalar.Value = &v
		if rest, ok := resources.Subtract(parse(t, "cpus:4"), part); ok && resources.Scalar(rest, "cpus") > 4000 {
			t.Errorf("taking %v leaves %s", v, resources.Format(rest))
		}
	}
}

// Amounts that no agent has count as nothing, and sums stay small enough to be added
// again.
func TestNonsenseIsNothing(t *testing.T) {
	t.Parallel()
	for _, v := range []float64{-1, -1e300, math.Inf(-1), math.NaN(), math.Inf(1), math.MaxFloat64, 1e13} {
		rs := parse(t, "cpus:1;mem:64")
		rs[0].Scalar.Value = &v
		if got := resources.Scalar(rs, "cpus"); got != 0 {
			t.Errorf("%v cpus count as %d", v, got)
		}
		if resources.Contains(rs, parse(t, "cpus:0.001")) || !resources.Contains(rs, parse(t, "mem:64")) {
			t.Errorf("something was taken from %v cpus, or nothing from the mem next to them", v)
		}
	}
	var many []*mesospb.Resource
	for range 20_000 {
		many = append(many, parse(t, "cpus:1000000000000")...)
	}
	if sum := resources.Scalar(many, "cpus"); sum != 1e15 {
		t.Errorf("20,000 times the most is %d", sum)
	}
	if !resources.Contains(resources.Add(many, many...), parse(t, "cpus:8")) {
		t.Error("8 cpus cannot be taken from more than there are")
	}
}

// An offer with very many kinds of resources must not stall us.
func TestManyKinds(t *testing.T) {
	t.Parallel()
	var rs []*mesospb.Resource
	for i := range 100_000 {
		r := parse(t, "cpus:1")[0]
		r.Role = proto.String(fmt.Sprint("role-", i))
		rs = append(rs, r)
	}
	began := time.Now()
	if !resources.Contains(rs, rs[len(rs)-1:]) {
		t.Error("the last kind is not found")
	}
	if d := time.Since(began); d > 10*time.Second {
		t.Errorf("looking through %d kinds took %v", len(rs), d)
	}
}

func TestBothFormsOfAReservationAreOne(t *testing.T) {
	t.Parallel()
	old := parse(t, "cpus(web):2")
	refined := parse(t, "cpus:2")
	refined[0].Reservations = []*mesospb.Resource_ReservationInfo{{
		Type: mesospb.Resource_ReservationInfo_STATIC.Enum(), Role: proto.String("web")}}
	if !resources.Contains(old, refined) || !resources.Contains(refined, old) {
		t.Error("cpus(web) and cpus with a reservation for web differ")
	}
	if resources.Contains(old, parse(t, "cpus:1")) {
		t.Error("a reserved cpu was taken for an unreserved one")
	}
}

func TestTake(t *testing.T) {
	t.Parallel()
	offer := parse(t, "cpus(web):1;cpus:4;mem:1000;ports:[31000-31005];ports(web):[80-80]")
	for _, r := range offer {
		r.AllocationInfo = &mesospb.Resource_AllocationInfo{Role: proto.String("web")}
		r.XXX_unrecognized = []byte{0xf8, 0x3f, 1} // a field of a later Mesos
	}
	taken, rest, err := resources.Take(offer, resources.Want{CPU: 1500, Mem: 64, Ports: []uint16{31002, 80}})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := resources.Format(taken), "cpus(web):1; cpus:0.5; mem:64; ports:[31002-31002]; ports(web):[80-80]"; got != want {
		t.Errorf("took %s, want %s", got, want)
	}
	if got, want := resources.Format(rest), "cpus:3.5; mem:936; ports:[31000-31001, 31003-31005]"; got != want {
		t.Errorf("left %s, want %s", got, want)
	}
	for _, r := range taken {
		if r.GetAllocationInfo().GetRole() != "web" || len(r.XXX_unrecognized) != 3 {
			t.Errorf("%v lost its allocation or unknown fields", r)
		}
	}
	_, _, err = resources.Take(offer, resources.Want{CPU: 6500, Mem: 2000, Ports: []uint16{81}})
	if err == nil || err.Error() != "not offered: 1.5 of cpus, 1000 MB of mem, port 81" {
		t.Errorf("error %v", err)
	}
}

// Taken and remaining resources always add up to the original ones.
func TestTakeLosesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := func(name string, most int) int { return rapid.IntRange(0, most).Draw(t, name) }
		begin := n("begin", 20)
		all, err := resources.Parse(fmt.Sprintf("cpus:%d;cpus(web):%d;mem:%d;ports:[%d-%d];ports(web):[40-%d]",
			n("cpus", 8), n("web", 4), n("mem", 100), begin, begin+n("length", 10), 40+n("webports", 5)))
		if err != nil {
			t.Fatal(err)
		}
		want := resources.Want{CPU: int64(n("cpu", 14000)), Mem: int64(n("memory", 120))}
		for range n("ports", 3) {
			want.Ports = append(want.Ports, uint16(n("port", 50)))
		}
		taken, rest, err := resources.Take(all, want)
		if err != nil {
			return
		}
		if c := resources.Scalar(taken, "cpus"); c != want.CPU {
			t.Fatalf("took %d thousandths of cpus, wanted %d", c, want.CPU)
		}
		again := resources.Add(rest, taken...)
		if !resources.Contains(again, all) || !resources.Contains(all, again) {
			t.Fatalf("%s became %s and %s", resources.Format(all), resources.Format(taken), resources.Format(rest))
		}
	})
}

// What is in either of two lists of ranges, and what is in both.
func TestRanges(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ a, b, union, both string }{
		{"ports:[31000-32000]", "ports:[30000-30999]", "[30000-32000]", "[]"},
		{"ports:[30500-32000]", "ports:[30000-30999]", "[30000-32000]", "[30500-30999]"},
		{"ports:[1-2, 5-9]", "ports:[2-6, 9-9]", "[1-9]", "[2-2, 5-6, 9-9]"},
		{"", "ports:[7-7]", "[7-7]", "[]"},
	} {
		a, b := resources.Ports(parse(t, c.a)), resources.Ports(parse(t, c.b))
		if got := resources.FormatRanges(resources.Union(a, b)); got != c.union {
			t.Errorf("%s and %s together: %s, want %s", c.a, c.b, got, c.union)
		}
		if got := resources.FormatRanges(resources.Intersection(a, b)); got != c.both {
			t.Errorf("%s and %s have in common: %s, want %s", c.a, c.b, got, c.both)
		}
	}
}
