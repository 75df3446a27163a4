package mesos

import (
	"context"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// The first pause is short, as most disconnections are due to a restarting master or
// a new leader; the longest is about a heartbeat.
const (
	firstBackoff = 250 * time.Millisecond
	maxBackoff   = 15 * time.Second
)

// subscribeBackoff returns the pauses after failed subscriptions: each up to twice as
// long as the one before, up to most, of which the second half is random, so that the
// frameworks of a restarted master do not all come at once.
func subscribeBackoff(most time.Duration) *backoff.ExponentialBackOff {
	const middle = 0.75 // of a pause that is random between a half and the whole
	return &backoff.ExponentialBackOff{
		InitialInterval:     time.Duration(middle * float64(min(firstBackoff, most))),
		MaxInterval:         time.Duration(middle * float64(most)),
		Multiplier:          2,
		RandomizationFactor: (1 - middle) / middle,
	}
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
