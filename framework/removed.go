package framework

import (
	"context"
	"errors"
	"fmt"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/records"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
)

// subscribe stays subscribed to Mesos. A framework that Mesos has removed starts
// over only when nothing of the old one is on record, or when told to.
func (f *Framework) subscribe(ctx context.Context) error {
	for {
		err := f.cfg.Mesos.Run(ctx, f.identity.frameworkInfo, listener{f.inbox})
		if !errors.Is(err, mesos.ErrRemoved) || ctx.Err() != nil {
			return err
		}
		stored, readErr := records.Read(ctx, f.cfg.Store)
		if readErr != nil {
			return readErr
		}
		if len(stored.Tasks) > 0 && !f.cfg.StartOver {
			return &RemovedError{ID: f.identity.get(), Tasks: len(stored.Tasks)}
		}
		f.log.Info("starting over with a new framework id", "reason", err)
		f.identity.set("")
		for _, t := range stored.Tasks {
			f.inbox.Put(fromMesos{removedWith(t)})
		}
	}
}

// removedWith returns the end of a task whose framework was removed; no agent
// will report it.
func removedWith(t scheduler.Task) *mesospb.SchedulerEvent {
	reason := mesospb.TaskStatus_REASON_FRAMEWORK_REMOVED
	message := "Mesos removed the framework and killed its tasks"
	return &mesospb.SchedulerEvent{
		Type: mesospb.SchedulerEvent_UPDATE.Enum(),
		Update: &mesospb.SchedulerEvent_Update{Status: &mesospb.TaskStatus{
			TaskId:  &mesospb.TaskID{Value: &t.ID},
			AgentId: &mesospb.AgentID{Value: &t.Agent},
			State:   mesospb.TaskState_TASK_GONE.Enum(),
			Source:  mesospb.TaskStatus_SOURCE_MASTER.Enum(),
			Reason:  &reason,
			Message: &message,
		}},
	}
}

// RemovedError ends Run: Mesos has removed the framework, by a teardown or
// because it was away for longer than its failover timeout, while tasks are on
// record.
type RemovedError struct {
	ID    string
	Tasks int // on record
}

// Error says what happened; the cure is Config.StartOver.
func (e *RemovedError) Error() string {
	return fmt.Sprintf("Mesos has removed framework %s and killed its tasks, of which %d are on record here. "+
		"If that was intended, a new framework may begin, and those pods fail", e.ID, e.Tasks)
}

// Unwrap makes it a [mesos.ErrRemoved].
func (e *RemovedError) Unwrap() error { return mesos.ErrRemoved }
