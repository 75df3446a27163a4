package scheduler

import (
	"math"
	"strconv"
	"strings"
)

// Amount is a quantity of what Mesos offers and pods ask for.
type Amount struct {
	CPU  int64 // thousandths of a cpu, the precision of Mesos' scalars
	Mem  int64 // MiB: a pod's bytes rounded up, an offer's rounded down
	Disk int64 `json:",omitempty"` // MiB, likewise
}

// unlimited is more than anything else.
var unlimited = Amount{math.MaxInt64, math.MaxInt64, math.MaxInt64}

// known returns a with nothing in place of what is unlimited.
func (a Amount) known() Amount {
	for _, x := range []*int64{&a.CPU, &a.Mem, &a.Disk} {
		if *x == math.MaxInt64 {
			*x = 0
		}
	}
	return a
}

func (a Amount) plus(b Amount) Amount {
	return Amount{a.CPU + b.CPU, a.Mem + b.Mem, a.Disk + b.Disk}
}

func (a Amount) minus(b Amount) Amount {
	return Amount{a.CPU - b.CPU, a.Mem - b.Mem, a.Disk - b.Disk}
}

// least returns the smaller amount of each resource, most the larger.
func (a Amount) least(b Amount) Amount {
	return Amount{min(a.CPU, b.CPU), min(a.Mem, b.Mem), min(a.Disk, b.Disk)}
}

func (a Amount) most(b Amount) Amount {
	return Amount{max(a.CPU, b.CPU), max(a.Mem, b.Mem), max(a.Disk, b.Disk)}
}

// within reports whether a exceeds b in no resource. What asks for no disk is within
// any: most pods do not, and b is negative where others are owed more than there is.
func (a Amount) within(b Amount) bool {
	return a.CPU <= b.CPU && a.Mem <= b.Mem && (a.Disk <= b.Disk || a.Disk == 0)
}

// exceeding returns what a lacks of b, zero in each resource of which there is enough.
func (a Amount) exceeding(b Amount) (lack Amount) {
	if a.CPU > b.CPU {
		lack.CPU = a.CPU - b.CPU
	}
	if a.Mem > b.Mem {
		lack.Mem = a.Mem - b.Mem
	}
	if a.Disk > b.Disk && a.Disk > 0 {
		lack.Disk = a.Disk - b.Disk
	}
	return lack
}

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
	l.least, l.most = l.least.least(need), l.most.most(need)
}

// String returns the missing amounts, as in "0.5 to 1.5 cpu and 64 MiB memory".
func (l *lack) String() string {
	var parts []string
	mib := func(low, high int64, of string) {
		if high > 0 {
			parts = append(parts, span(strconv.FormatInt(low, 10), strconv.FormatInt(high, 10))+" MiB "+of)
		}
	}
	if l.most.CPU > 0 {
		parts = append(parts, span(cpus(l.least.CPU), cpus(l.most.CPU))+" cpu")
	}
	mib(l.least.Mem, l.most.Mem, "memory")
	mib(l.least.Disk, l.most.Disk, "ephemeral-storage")
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
