package scheduler

import (
	"strconv"
	"strings"
)

// Amount is a quantity of what Mesos offers and pods ask for.
type Amount struct {
	CPU int64 // thousandths of a cpu, the precision of Mesos' scalars
	Mem int64 // MiB: a pod's bytes rounded up, an offer's rounded down
}

func (a Amount) plus(b Amount) Amount  { return Amount{a.CPU + b.CPU, a.Mem + b.Mem} }
func (a Amount) minus(b Amount) Amount { return Amount{a.CPU - b.CPU, a.Mem - b.Mem} }

// within reports whether a exceeds b in no resource.
func (a Amount) within(b Amount) bool { return a.CPU <= b.CPU && a.Mem <= b.Mem }

// has reports whether a port is in one of the ranges, which ascend.
func has(ranges []PortRange, port uint16) bool {
	low, high := 0, len(ranges)
	for low < high {
		if mid := (low + high) / 2; ranges[mid].End < port {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low < len(ranges) && ranges[low].Begin <= port
}

// lack is the range of amounts that offers lack.
type lack struct {
	offers      int
	least, most Amount
}

func (l *lack) add(need Amount) {
	if l.offers++; l.offers == 1 {
		l.least, l.most = need, need
		return
	}
	l.least = Amount{min(l.least.CPU, need.CPU), min(l.least.Mem, need.Mem)}
	l.most = Amount{max(l.most.CPU, need.CPU), max(l.most.Mem, need.Mem)}
}

// String returns the missing amounts, as in "0.5 to 1.5 cpu and 64 MiB memory".
func (l *lack) String() string {
	var parts []string
	if l.most.CPU > 0 {
		parts = append(parts, span(cpus(l.least.CPU), cpus(l.most.CPU))+" cpu")
	}
	if l.most.Mem > 0 {
		parts = append(parts, span(strconv.FormatInt(l.least.Mem, 10), strconv.FormatInt(l.most.Mem, 10))+" MiB memory")
	}
	return strings.Join(parts, " and ")
}

func span(low, high string) string {
	if low == high {
		return low
	}
	return low + " to " + high
}

func cpus(thousandths int64) string {
	return strconv.FormatFloat(float64(thousandths)/1000, 'f', -1, 64)
}
