package mesos

import (
	"context"
	"math/rand/v2"
	"time"
)

// The first wait is short, as most disconnections are due to a restarting master or
// a new leader; the longest is about a heartbeat.
const (
	firstBackoff = 250 * time.Millisecond
	maxBackoff   = 15 * time.Second
)

// A backoff counts failures and returns how long to wait after each: twice as long
// each time, the second half random, so the frameworks of a restarted master do not
// all come at once.
type backoff struct {
	most     time.Duration // 0: maxBackoff
	failures int
}

func (b *backoff) next() time.Duration {
	d := b.most
	if d <= 0 {
		d = maxBackoff
	}
	if b.failures < 6 {
		d = min(d, firstBackoff<<b.failures)
	}
	b.failures++
	return d/2 + rand.N(d/2)
}

// wait waits for d or until ctx ends.
func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
