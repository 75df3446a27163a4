package scheduler

import "time"

// An agent on which nothing starts looks empty, and so the best place of all.
// After several failed launches in a row it is left alone, ever longer, until a
// pod runs. Pods that can only run there are still launched.
const (
	failuresAllowed   = 3
	firstAgentBackoff = 30 * time.Second
	mostAgentBackoff  = 10 * time.Minute
)

// agentBackoff holds the outcome of launches on an agent, and whether it is left
// alone because of them.
type agentBackoff struct {
	failures int    // consecutive ones
	counted  uint64 // the latest launch when the last of them was told; all up to it count with it
	end      alarm
}

// active reports whether the agent is to be left alone.
func (b *agentBackoff) active() bool { return b.end.isSet() }

// recordFailure counts a launch that failed by a fault of the agent, once for all
// its tasks and for all launches up to latest, which were made without knowing.
// With atOnce the agent is left alone after the first failure.
func (b *agentBackoff) recordFailure(c *clock, launch, latest uint64, atOnce bool) {
	if launch <= b.counted {
		return
	}
	b.failures++
	b.counted = latest
	n := b.failures - failuresAllowed
	if atOnce {
		n = max(n, 0)
	}
	if n >= 0 {
		c.after(backoff(n, firstAgentBackoff, mostAgentBackoff), &b.end)
	}
}

// recordSuccess forgets all failures, and reports whether the agent was left alone.
func (b *agentBackoff) recordSuccess(c *clock) bool {
	was := b.active()
	b.failures = 0
	c.stop(&b.end)
	return was
}
