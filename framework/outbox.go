package framework

import (
	"context"
	"errors"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/glog"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// job is something to store and then something to tell Mesos; either may be
// missing.
type job struct {
	changes []Change

	// must: storing the changes is retried until it succeeds, and nothing
	// behind the job happens before.
	must bool

	call *mesospb.SchedulerCall

	// stored is called once the changes are on record, before the call is made.
	// May be nil.
	stored func()

	// failed is called when the changes were not stored or the master refused
	// the call; then the job has had no effect. May be nil.
	failed func(error)
}

// outbox does jobs one after another. Waiting jobs are stored together, so many
// pods at once cost few transactions.
type outbox struct {
	store Store
	mesos Mesos
	queue *inbox

	metrics *metrics
}

func (o *outbox) put(j job) { o.queue.put(j) }

func (o *outbox) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-o.queue.ready:
			var jobs []job
			for _, m := range o.queue.take() {
				jobs = append(jobs, m.(job))
			}
			for len(jobs) > 0 && ctx.Err() == nil {
				n := together(jobs)
				o.do(ctx, jobs[:n])
				jobs = jobs[n:]
			}
		}
	}
}

// together returns how many of the first jobs fit into one transaction: at
// least one.
func together(jobs []job) int {
	keys := map[string]bool{}
	for n, j := range jobs {
		for _, c := range j.changes {
			if n > 0 && keys[c.Key] {
				return n
			}
			keys[c.Key] = true
		}
		if len(keys) > MaxChanges {
			return max(n, 1)
		}
	}
	return len(jobs)
}

// do stores the changes of all jobs and then makes their calls. When they
// cannot be stored together, each job is done by itself.
func (o *outbox) do(ctx context.Context, jobs []job) {
	var all []Change
	for _, j := range jobs {
		all = append(all, j.changes...)
	}
	err := o.commit(ctx, all)
	if err == nil {
		areStored(jobs...)
		for len(jobs) > 0 {
			n := burst(jobs)
			o.send(ctx, jobs[:n]...)
			jobs = jobs[n:]
		}
		return
	}
	if len(jobs) > 1 {
		for i := range jobs {
			o.do(ctx, jobs[i:i+1])
		}
		return
	}
	j := jobs[0]
	if j.must {
		if o.insist(ctx, j.changes, err) {
			areStored(j)
			o.send(ctx, j)
		}
		return
	}
	if j.failed != nil {
		j.failed(err)
	}
}

func areStored(jobs ...job) {
	for _, j := range jobs {
		if j.stored != nil {
			j.stored()
		}
	}
}

// send makes the calls of one job or of a burst. One that is lost with the
// connection is dropped: the Disconnected that follows voids it. One that the
// master refuses has had no effect.
func (o *outbox) send(ctx context.Context, jobs ...job) {
	first := jobs[0]
	if first.call == nil {
		return
	}
	calls := make([]*mesospb.SchedulerCall, len(jobs))
	for i, j := range jobs {
		calls[i] = j.call
	}
	bounded, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	err := o.mesos.Send(bounded, calls...)
	for _, c := range calls {
		o.metrics.sent(c, err)
	}
	if err == nil || ctx.Err() != nil {
		return
	}
	if !errors.Is(err, mesos.ErrNotSubscribed) { // the connection itself has reported that
		glog.Warningf("framework: %s was not taken by Mesos: %v", first.call.GetType(), err)
	}
	if refused(err) && first.failed != nil {
		o.takeBack(ctx, first.changes)
		first.failed(err)
	}
}

// refused reports whether a call is certain to have had no effect because the
// master looked at it and said so.
func refused(err error) bool {
	var e *mesos.CallError
	return errors.As(err, &e) && e.Status >= 400 && e.Status < 500
}

// wait lets time pass; it returns false when ctx ended before.
func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
