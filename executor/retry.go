package executor

import (
	"context"
	"fmt"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/glog"
)

// The shortest and longest wait between attempts.
const (
	firstWait = 50 * time.Millisecond
	lastWait  = 2 * time.Second
)

func (l *loop) remove(work context.Context, f remove) {
	retry(work, fmt.Sprintf("pod %s: deleting it", f.ref), func() (bool, error) {
		return true, l.cfg.Node.Delete(work, f.ref, f.grace)
	})
	l.answer(work, answer{f.ref.UID, true})
}

func (l *loop) await(work context.Context, ref Ref) {
	retry(work, fmt.Sprintf("pod %s: looking for its containers", ref), func() (bool, error) {
		running, err := l.cfg.Node.Running(work, ref.UID)
		return !running, err
	})
	l.answer(work, answer{ref.UID, false})
}

func (l *loop) answer(work context.Context, a answer) {
	select {
	case l.asked <- a:
	case <-work.Done():
	}
}

// retry calls f until it is done or work ends, with growing waits in between.
func retry(work context.Context, what string, f func() (done bool, err error)) {
	for wait := firstWait; work.Err() == nil; wait = min(2*wait, lastWait) {
		done, err := f()
		if done && err == nil {
			return
		}
		if err != nil && work.Err() == nil {
			glog.Warningf("%s: %v; trying again in %v", what, err, wait)
		}
		select {
		case <-time.After(wait):
		case <-work.Done():
		}
	}
}
