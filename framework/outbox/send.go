package outbox

import (
	"context"
	"errors"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// Metrics counts what an outbox does.
type Metrics interface {
	Committed(took time.Duration, err error)
	Sent(call *mesospb.SchedulerCall, err error)
}

const (
	maxPipelined = 100              // acknowledgements at once
	sendTime     = 30 * time.Second // of one call or of several at once
)

// pipelined returns how many of the first jobs make their calls at once: at least
// one, and more when all of them acknowledge and nothing else.
func pipelined(jobs []Job) int {
	for n, j := range jobs {
		if n == maxPipelined || j.Call.GetType() != mesospb.SchedulerCall_ACKNOWLEDGE || j.Failed != nil {
			return max(n, 1)
		}
	}
	return len(jobs)
}

// send makes the calls of one job or of pipelined ones. One that is lost with the
// connection is dropped: the Disconnected that follows voids it. One that the
// master refuses has had no effect.
func (o *Outbox) send(ctx context.Context, jobs ...Job) {
	first := jobs[0]
	if first.Call == nil {
		return
	}
	calls := make([]*mesospb.SchedulerCall, len(jobs))
	for i, j := range jobs {
		calls[i] = j.Call
	}
	bounded, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	err := o.cfg.Mesos.Send(bounded, calls...)
	for _, c := range calls {
		o.cfg.Metrics.Sent(c, err)
	}
	if err == nil || ctx.Err() != nil {
		return
	}
	if !errors.Is(err, mesos.ErrNotSubscribed) { // the connection itself has reported that
		o.cfg.Log.Info("Mesos did not take a call", "call", first.Call.GetType(), "reason", err)
	}
	if Refused(err) && first.Failed != nil {
		o.takeBack(ctx, first.Changes)
		first.Failed(err)
	}
}

// Refused reports whether a call is certain to have had no effect because the
// master looked at it and said so.
func Refused(err error) bool {
	var e *mesos.CallError
	return errors.As(err, &e) && e.Status >= 400 && e.Status < 500
}
