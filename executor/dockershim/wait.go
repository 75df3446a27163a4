package dockershim

import (
	"context"
	"fmt"
	"time"
)

// poll calls done, at growing intervals, until it returns true, fails, or ctx ends.
func poll(ctx context.Context, done func() (bool, error)) error {
	for pause := time.Millisecond; ; pause = min(2*pause, 500*time.Millisecond) {
		ok, err := done()
		if ok || err != nil {
			return err
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

// removalTime is how long to wait for another call's removal of a container.
const removalTime = 30 * time.Second

// awaitGone waits until a container that is being removed is gone.
func (s *service) awaitGone(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, removalTime)
	defer cancel()
	err := poll(ctx, func() (bool, error) {
		_, _, err := s.inspect(ctx, id)
		if gone(err) {
			return true, nil
		}
		return false, err
	})
	if err != nil {
		return fmt.Errorf("waiting for the removal of %s by another call: %w", id, err)
	}
	return nil
}
