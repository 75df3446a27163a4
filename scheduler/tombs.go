package scheduler

// tombs remembers the tasks that ended lately, so a late update is not taken
// for one of a stranger.
type tombs struct {
	seen map[string]bool
	ring []string
	next int
}

const tombsKept = 4096

func (o *tombs) add(id string) {
	if len(o.ring) < tombsKept {
		o.ring = append(o.ring, id)
	} else {
		delete(o.seen, o.ring[o.next])
		o.ring[o.next] = id
		o.next = (o.next + 1) % tombsKept
	}
	o.seen[id] = true
}
