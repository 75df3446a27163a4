package executor

import (
	"context"
	"math"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
)

// backoff is the wait between two attempts to carry out an effect.
var backoff = wait.Backoff{Duration: 50 * time.Millisecond, Factor: 2, Cap: 2 * time.Second, Steps: math.MaxInt}

// deletePod asks for the deletion of a pod until the API server has agreed.
func (l *loop) deletePod(work context.Context, f deletePod) {
	l.retry(work, func() (bool, error) {
		return true, l.cfg.Runner.Delete(work, f.ref, f.grace)
	}, "deleting a pod; it will be tried again", f.ref)
	l.answer(work, answer{f.ref.UID, true})
}

// awaitStopped waits until no container of a pod runs.
func (l *loop) awaitStopped(work context.Context, ref Ref) {
	l.retry(work, func() (bool, error) {
		running, err := l.cfg.Runner.Running(work, ref.UID)
		return !running, err
	}, "looking for a pod's containers; it will be tried again", ref)
	l.answer(work, answer{ref.UID, false})
}

// retry calls f until it is done without an error, or work ends.
func (l *loop) retry(work context.Context, f func() (done bool, err error), failure string, pod Ref) {
	_ = backoff.DelayFunc().Until(work, true, true, func(context.Context) (bool, error) {
		done, err := f()
		if err != nil && work.Err() == nil {
			l.log.Error(err, failure, "pod", pod.String())
		}
		return done && err == nil, nil
	}) // only the end of work is an error
}

// answer tells the loop that an effect has been carried out.
func (l *loop) answer(work context.Context, a answer) {
	select {
	case l.answers <- a:
	case <-work.Done():
	}
}
