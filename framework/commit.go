package framework

import (
	"context"
	"strings"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/glog"
)

// insist repeats a commit until it succeeds; it returns false when ctx has
// ended.
func (o *outbox) insist(ctx context.Context, changes []Change, err error) bool {
	for pause := 50 * time.Millisecond; err != nil; pause = min(2*pause, 5*time.Second) {
		glog.Errorf("framework: storing %s, will be repeated: %v", changes[0].Key, err)
		if !wait(ctx, pause) {
			return false
		}
		err = o.commit(ctx, changes)
	}
	return true
}

// commit stores changes, all or none. More than fit into one transaction are
// stored in pieces, and taken back when a later piece fails.
func (o *outbox) commit(ctx context.Context, changes []Change) error {
	for done := 0; done < len(changes); {
		n := min(done+MaxChanges, len(changes))
		bounded, cancel := context.WithTimeout(ctx, 5*time.Second)
		began := time.Now()
		err := o.store.Commit(bounded, changes[done:n])
		o.metrics.committed(time.Since(began), err)
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
func (o *outbox) takeBack(ctx context.Context, stored []Change) {
	var undo []Change
	for _, c := range stored {
		if c.Value != nil && strings.HasPrefix(c.Key, keyTasks) {
			undo = append(undo, Change{Key: c.Key})
		}
	}
	for done := 0; done < len(undo); done += MaxChanges {
		bounded, cancel := context.WithTimeout(ctx, 5*time.Second)
		if err := o.store.Commit(bounded, undo[done:min(done+MaxChanges, len(undo))]); err != nil {
			glog.Warningf("framework: taking back %d records of a launch that was not sent: %v", len(undo), err)
		}
		cancel()
	}
}
