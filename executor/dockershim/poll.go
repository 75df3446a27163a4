package dockershim

import (
	"context"
	"math"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
)

// poll calls done, at growing intervals, until it returns true, fails, or ctx ends.
func poll(ctx context.Context, done func() (bool, error)) error {
	backoff := wait.Backoff{Duration: time.Millisecond, Factor: 2, Cap: 500 * time.Millisecond, Steps: math.MaxInt}
	return backoff.DelayFunc().Until(ctx, true, true, func(context.Context) (bool, error) { return done() })
}
