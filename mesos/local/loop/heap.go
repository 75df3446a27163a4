package loop

// timers implements heap.Interface, the next due first.
type timers []*Timer

func (ts timers) Len() int { return len(ts) }

func (ts timers) Less(i, j int) bool {
	if !ts[i].due.Equal(ts[j].due) {
		return ts[i].due.Before(ts[j].due)
	}
	return ts[i].order < ts[j].order
}

func (ts timers) Swap(i, j int) {
	ts[i], ts[j] = ts[j], ts[i]
	ts[i].index, ts[j].index = i, j
}

// Push is called by package heap only.
func (ts *timers) Push(x any) {
	t := x.(*Timer)
	t.index = len(*ts)
	*ts = append(*ts, t)
}

// Pop is called by package heap only.
func (ts *timers) Pop() any {
	last := len(*ts) - 1
	t := (*ts)[last]
	(*ts)[last] = nil
	*ts = (*ts)[:last]
	t.index = -1
	return t
}
