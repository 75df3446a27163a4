package resources

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// Want is what to take from offered resources.
type Want struct {
	CPU   int64    // thousandths of a cpu
	Mem   int64    // MiB
	Disk  int64    // MiB
	Ports []uint16 // each of them
}

// Take takes want from the offered resources. Reserved resources are taken before
// those that others could use, and one amount may be combined from several. Every
// resource taken has the form in which it was offered, including unknown fields and
// allocation_info, so the master finds it contained in the offer. Revocable and
// shared resources and disks with persistence are left alone. The error names what
// is missing and how much; then nothing is taken.
func Take(from []*mesospb.Resource, want Want) (taken, rest []*mesospb.Resource, err error) {
	left := toPiles(from)
	var got []pile
	var lacks []string

	scalar := func(name, unit string, amount int64) {
		for _, i := range left.preferred(name, mesospb.Value_SCALAR) {
			if amount == 0 {
				return
			}
			p := left[i]
			p.scalar = min(p.scalar, amount)
			amount -= p.scalar
			left[i].scalar -= p.scalar
			got = append(got, p)
		}
		if amount > 0 {
			lacks = append(lacks, fmt.Sprintf("%s%s of %s", formatThousandths(amount), unit, name))
		}
	}
	scalar("cpus", "", want.CPU)
	scalar("mem", " MB", want.Mem*1000)
	scalar("disk", " MB", want.Disk*1000)
	for _, port := range want.Ports {
		if p, ok := left.takePort(uint64(port)); ok {
			got = append(got, p)
		} else {
			lacks = append(lacks, fmt.Sprintf("port %d", port))
		}
	}
	if len(lacks) > 0 {
		return nil, nil, fmt.Errorf("not offered: %s", strings.Join(lacks, ", "))
	}
	var sum piles
	for _, p := range got {
		sum = sum.add(p)
	}
	return sum.resources(), left.resources(), nil
}

// preferred returns the indices of usable resources of that name: reserved ones
// first, and otherwise in the order offered.
func (ps piles) preferred(name string, t mesospb.Value_Type) []int {
	var idx []int
	for i, p := range ps {
		r := p.like
		if r.GetName() == name && r.GetType() == t && r.Revocable == nil && r.Shared == nil && r.Disk == nil && !p.empty() {
			idx = append(idx, i)
		}
	}
	slices.SortStableFunc(idx, func(a, b int) int { return open(ps[a].like) - open(ps[b].like) })
	return idx
}

// open returns 1 for an unreserved resource.
func open(r *mesospb.Resource) int {
	if Role(r) == "*" {
		return 1
	}
	return 0
}

func (ps piles) takePort(port uint64) (pile, bool) {
	for _, i := range ps.preferred("ports", mesospb.Value_RANGES) {
		one := ps[i]
		one.ranges = []Range{{port, port}}
		if rest, ok := ps[i].minus(one); ok {
			ps[i] = rest
			return one, true
		}
	}
	return pile{}, false
}
