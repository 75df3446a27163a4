package resources

import (
	"math"
	"slices"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// pile is the amount of one kind of resource, ready for arithmetic.
type pile struct {
	like   *mesospb.Resource // in the form in which it was received; its amount is stale
	kind   string
	scalar int64 // thousandths
	ranges []Range
	set    []string
}

func pileOf(r *mesospb.Resource) pile {
	p := pile{like: r, kind: kind(r)}
	switch r.GetType() {
	case mesospb.Value_SCALAR:
		p.scalar = thousandths(r.GetScalar().GetValue())
	case mesospb.Value_RANGES:
		p.ranges = rangesOf(r)
	case mesospb.Value_SET:
		p.set = names(r.GetSet().GetItem())
	}
	return p
}

func (p pile) empty() bool {
	return p.scalar == 0 && len(p.ranges) == 0 && len(p.set) == 0
}

func (p pile) minus(q pile) (pile, bool) {
	rest, ok := subtractRanges(p.ranges, q.ranges)
	if !ok || p.scalar < q.scalar || q.scalar < 0 {
		return p, false
	}
	if VolumeID(p.like) != "" && p.scalar != q.scalar { // a volume is not divided
		return p, false
	}
	set := slices.Clone(p.set)
	for _, item := range q.set {
		i := slices.Index(set, item)
		if i < 0 {
			return p, false
		}
		set = slices.Delete(set, i, i+1)
	}
	p.scalar, p.ranges, p.set = p.scalar-q.scalar, rest, set
	return p, true
}

func (p pile) plus(q pile) pile {
	p.scalar = min(p.scalar+q.scalar, most)
	p.ranges = merge(append(slices.Clone(p.ranges), q.ranges...))
	p.set = names(append(slices.Clone(p.set), q.set...))
	return p
}

// resource returns the pile in the form in which it was received.
func (p pile) resource() *mesospb.Resource {
	r := *p.like
	switch r.GetType() {
	case mesospb.Value_SCALAR:
		r.Scalar = &mesospb.Value_Scalar{Value: proto.Float64(float64(p.scalar) / 1000)}
	case mesospb.Value_RANGES:
		r.Ranges = &mesospb.Value_Ranges{}
		for _, x := range p.ranges {
			r.Ranges.Range = append(r.Ranges.Range, &mesospb.Value_Range{Begin: proto.Uint64(x.Begin), End: proto.Uint64(x.End)})
		}
	case mesospb.Value_SET:
		r.Set = &mesospb.Value_Set{Item: p.set}
	}
	return &r
}

type piles []pile

func toPiles(rs []*mesospb.Resource) piles {
	ps := make(piles, 0, len(rs))
	place := make(map[string]int, len(rs))
	for _, r := range rs {
		p := pileOf(r)
		if i, known := place[p.kind]; known {
			ps[i] = ps[i].plus(p)
			continue
		}
		place[p.kind] = len(ps)
		ps = append(ps, p)
	}
	return ps
}

func (ps piles) add(p pile) piles {
	for i := range ps {
		if ps[i].kind == p.kind {
			ps[i] = ps[i].plus(p)
			return ps
		}
	}
	return append(ps, p)
}

// take subtracts p from the pile of its kind, if that contains it.
func (ps piles) take(p pile) bool {
	for i := range ps {
		if ps[i].kind == p.kind {
			rest, ok := ps[i].minus(p)
			ps[i] = rest
			return ok
		}
	}
	return false
}

func (ps piles) resources() []*mesospb.Resource {
	out := make([]*mesospb.Resource, 0, len(ps))
	for _, p := range ps {
		if !p.empty() {
			out = append(out, p.resource())
		}
	}
	return out
}

// most is more than any cluster has of anything, in thousandths. Sums up to it can
// be added again without overflow.
const most = 1e15

// thousandths rounds as Mesos does. Values that are NaN, negative or beyond all
// measure count as nothing, so they can never be spent.
func thousandths(v float64) int64 {
	if !(v > 0 && v*1000 <= most) {
		return 0
	}
	return int64(math.Round(v * 1000))
}
