package mesos

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/outage"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// A run holds the state of one Scheduler.Run.
type run struct {
	scheduler *Scheduler
	info      func() *mesospb.FrameworkInfo
	handler   SchedulerHandler

	last   *url.URL             // where the last subscription was, or nil
	held   bool                 // whether it lasted until the current subscribeRound
	warned bool                 // of a secret sent in clear
	id     *mesospb.FrameworkID // given by a master, or nil
	outage outage.Outage        // the time without a subscription
}

// subscribeRound tries each master until one subscribes us, and returns when that
// subscription has ended, how long it lasted (0: there was none) and why it ended.
func (r *run) subscribeRound(ctx context.Context) (held time.Duration, err error) {
	masters, err := r.candidates(ctx)
	for _, m := range masters {
		held, failure := r.subscribe(ctx, m)
		if held > 0 || ctx.Err() != nil || fatal(failure) {
			return held, failure
		}
		failure = fmt.Errorf("%s: %w", m.Host, failure)
		if err == nil {
			err = failure
		} else {
			err = fmt.Errorf("%w; %w", err, failure)
		}
	}
	return 0, err
}

// candidates returns the masters to try. The last leader comes first if it may only
// have dropped the stream, and otherwise last, in case no other can be found. The
// error says why no others could be found.
func (r *run) candidates(ctx context.Context) ([]*url.URL, error) {
	masters, err := r.scheduler.masters.Detect(ctx)
	if r.last == nil {
		return masters, err
	}
	others := slices.DeleteFunc(slices.Clone(masters), func(m *url.URL) bool { return m.Host == r.last.Host })
	if r.held {
		r.held = false
		return append([]*url.URL{r.last}, others...), err
	}
	return append(others, r.last), err
}

func fatal(err error) bool {
	var rejected *RejectedError
	return errors.Is(err, ErrFailedOver) || errors.Is(err, ErrRemoved) || errors.As(err, &rejected)
}
