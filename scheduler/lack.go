package scheduler

import (
	"strconv"
	"strings"
)

// lack is the range of amounts that offers lack.
type lack struct {
	offers      int
	least, most Amount
}

// portLack counts the offers that lack a port.
type portLack struct {
	port   uint16
	offers int
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
