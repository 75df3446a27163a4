package outbox

import (
	"context"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/records"
	"k8s.io/apimachinery/pkg/util/wait"
)

// commitTime bounds one transaction.
const commitTime = 5 * time.Second

// backoff is how long to wait before storing is tried again.
var backoff = wait.Backoff{Duration: 50 * time.Millisecond, Factor: 2, Cap: 5 * time.Second, Steps: 100}

// commitUntilStored repeats a commit that has failed until it succeeds; it returns false
// when ctx has ended.
func (o *Outbox) commitUntilStored(ctx context.Context, changes []records.Change, err error) bool {
	failed := func() { o.cfg.Log.Error(err, "storing a record; it will be repeated", "key", changes[0].Key) }
	failed()
	return nil == backoff.DelayFunc().Until(ctx, false, true, func(ctx context.Context) (bool, error) {
		if err = o.commit(ctx, changes); err != nil {
			failed()
		}
		return err == nil, nil
	})
}

// commit stores changes, all or none. More than fit into one transaction are
// stored in pieces, and taken back when a later piece fails.
func (o *Outbox) commit(ctx context.Context, changes []records.Change) error {
	for done := 0; done < len(changes); {
		n := min(done+records.MaxChanges, len(changes))
		bounded, cancel := context.WithTimeout(ctx, commitTime)
		began := time.Now()
		err := o.cfg.Store.Commit(bounded, changes[done:n])
		o.cfg.Metrics.Committed(time.Since(began), err)
		cancel()
		if err != nil {
			o.takeBack(ctx, changes[:done])
			return err
		}
		done = n
	}
	return nil
}

// takeBack deletes the tasks among what was stored. Failure does no harm:
// reconciliation finds a task on record that was never launched. Records of
// agents stay, as other launches may rely on them.
func (o *Outbox) takeBack(ctx context.Context, stored []records.Change) {
	var undo []records.Change
	for _, c := range stored {
		if c.Value != nil && records.IsTask(c.Key) {
			undo = append(undo, records.Change{Key: c.Key})
		}
	}
	for done := 0; done < len(undo); done += records.MaxChanges {
		bounded, cancel := context.WithTimeout(ctx, commitTime)
		if err := o.cfg.Store.Commit(bounded, undo[done:min(done+records.MaxChanges, len(undo))]); err != nil {
			o.cfg.Log.Info("the records of a launch that was not sent are left to reconciliation", "records", len(undo), "reason", err)
		}
		cancel()
	}
}
