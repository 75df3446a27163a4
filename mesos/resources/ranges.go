package resources

import (
	"cmp"
	"slices"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// Range is a range of whole numbers, both ends included.
type Range struct{ Begin, End uint64 }

// rangesOf returns the ranges of r in ascending order, merged; a range that ends
// before it begins is empty.
func rangesOf(r *mesospb.Resource) []Range {
	in := r.GetRanges().GetRange()
	out := make([]Range, 0, len(in))
	for _, x := range in {
		out = append(out, Range{x.GetBegin(), x.GetEnd()})
	}
	return merge(out)
}

// merge sorts rs in place and joins overlapping or adjacent ranges.
func merge(rs []Range) []Range {
	rs = slices.DeleteFunc(rs, func(r Range) bool { return r.End < r.Begin })
	slices.SortFunc(rs, func(a, b Range) int { return cmp.Compare(a.Begin, b.Begin) })
	out := rs[:0]
	for _, r := range rs {
		if n := len(out); n > 0 && (r.Begin <= out[n-1].End || r.Begin-1 == out[n-1].End) {
			out[n-1].End = max(out[n-1].End, r.End)
			continue
		}
		out = append(out, r)
	}
	return out
}

// Union returns what is in any of the ranges, in order.
func Union(a, b []Range) []Range { return merge(slices.Concat(a, b)) }

// Intersection returns what is in ranges of both; both must be merged, as by Union.
func Intersection(a, b []Range) (both []Range) {
	for _, x := range a {
		for _, y := range b {
			if begin, end := max(x.Begin, y.Begin), min(x.End, y.End); begin <= end {
				both = append(both, Range{begin, end})
			}
		}
	}
	return both
}

// subtractRanges subtracts part from all; both must be merged.
func subtractRanges(all, part []Range) ([]Range, bool) {
	var rest []Range
	for _, a := range all {
		for len(part) > 0 && part[0].Begin >= a.Begin && part[0].Begin <= a.End {
			p := part[0]
			if p.End > a.End {
				return nil, false
			}
			if p.Begin > a.Begin {
				rest = append(rest, Range{a.Begin, p.Begin - 1})
			}
			part = part[1:]
			if p.End == a.End {
				a.Begin, a.End = 1, 0 // used up
				break
			}
			a.Begin = p.End + 1
		}
		if a.Begin <= a.End {
			rest = append(rest, a)
		}
	}
	return rest, len(part) == 0
}
