package scheduler

// Counts holds how many things of each kind the core tracks.
type Counts struct {
	Suppressed bool           // Mesos is asked for no offers
	Tasks      map[string]int // by state: launching, binding, running, ended, failing, killing
}

// Counts returns the current counts, in time proportional to the number of
// tasks.
func (s *State) Counts() Counts {
	c := Counts{Suppressed: s.wish.suppressed, Tasks: map[string]int{}}
	for _, state := range []taskState{launching, binding, running, isEnded, failing, killing} {
		c.Tasks[state.String()] = 0
	}
	for _, t := range s.sortedTasks() {
		c.Tasks[t.state.String()]++
	}
	return c
}

// String returns the state's readable name.
func (s taskState) String() string {
	switch s {
	case launching:
		return "launching"
	case binding:
		return "binding"
	case running:
		return "running"
	case isEnded:
		return "ended"
	case failing:
		return "failing"
	}
	return "killing"
}
