package scheduler

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
