// Package outbox stores things and then tells Mesos, strictly in order.
//
// It keeps the promise that matters most: what is launched was stored before, and no
// status is acknowledged before its effect is stored.
package outbox

import (
	"context"

	"github.com/go-logr/logr"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/mailbox"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/records"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// Job is something to store and then something to tell Mesos; either may be
// missing.
type Job struct {
	Changes []records.Change

	// RetryForever: storing the changes is retried until it succeeds, and nothing
	// behind the job happens before.
	RetryForever bool

	Call *mesospb.SchedulerCall

	// Stored is called once the changes are on record, before the call is made.
	// May be nil.
	Stored func()

	// Failed is called when the changes were not stored or the master refused
	// the call; then the job has had no effect. May be nil.
	Failed func(error)
}

// Outbox does jobs one after another. Waiting jobs are stored together, so many
// pods at once cost few transactions.
type Outbox struct {
	cfg  Config
	jobs *mailbox.Mailbox[Job]
}

// Config is what an Outbox works with.
type Config struct {
	Store   records.Store
	Mesos   Sender
	Metrics Metrics
	Log     logr.Logger
}

// Sender is the connection to Mesos.
type Sender interface {
	// Send makes one call, or several that acknowledge and do nothing else. No
	// error means only that the master has taken them.
	Send(ctx context.Context, calls ...*mesospb.SchedulerCall) error
}

// New returns an outbox without jobs.
func New(cfg Config) *Outbox { return &Outbox{cfg: cfg, jobs: mailbox.New[Job]()} }

// Put adds a job at the end. It never blocks.
func (o *Outbox) Put(j Job) { o.jobs.Put(j) }

// Len returns how many jobs wait.
func (o *Outbox) Len() int { return o.jobs.Len() }

// Run does jobs until ctx ends.
func (o *Outbox) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-o.jobs.Ready():
			jobs := o.jobs.Take()
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
func together(jobs []Job) int {
	keys := map[string]bool{}
	for n, j := range jobs {
		for _, c := range j.Changes {
			if n > 0 && keys[c.Key] {
				return n
			}
			keys[c.Key] = true
		}
		if len(keys) > records.MaxChanges {
			return max(n, 1)
		}
	}
	return len(jobs)
}

// do stores the changes of all jobs and then makes their calls. When they
// cannot be stored together, each job is done by itself.
func (o *Outbox) do(ctx context.Context, jobs []Job) {
	var all []records.Change
	for _, j := range jobs {
		all = append(all, j.Changes...)
	}
	err := o.commit(ctx, all)
	switch {
	case err == nil:
		o.stored(ctx, jobs)
	case len(jobs) > 1:
		for i := range jobs {
			o.do(ctx, jobs[i:i+1])
		}
	case jobs[0].RetryForever:
		if o.commitUntilStored(ctx, all, err) {
			o.stored(ctx, jobs)
		}
	case jobs[0].Failed != nil:
		jobs[0].Failed(err)
	}
}

// stored makes the calls of jobs that are on record.
func (o *Outbox) stored(ctx context.Context, jobs []Job) {
	for _, j := range jobs {
		if j.Stored != nil {
			j.Stored()
		}
	}
	for len(jobs) > 0 {
		n := pipelined(jobs)
		o.send(ctx, jobs[:n]...)
		jobs = jobs[n:]
	}
}
