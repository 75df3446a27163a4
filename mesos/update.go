package mesos

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// Update reports the state of a task. It fills in uuid, source, timestamp and
// executor id of a copy, never blocks, and may be called before Run and without
// a subscription: the update is kept, and sent again, until the agent has
// acknowledged it. Updates of one task arrive in the order of the calls.
//
// TASK_STAGING and missing fields are mistakes of the caller that no agent accepts;
// they are logged and not sent, so as not to hold up correct updates.
func (e *Executor) Update(status *mesospb.TaskStatus) {
	id := uuid.New()
	s := *status
	s.Uuid = id[:]
	s.Source = mesospb.TaskStatus_SOURCE_EXECUTOR.Enum()
	s.ExecutorId = &mesospb.ExecutorID{Value: &e.cfg.ExecutorID}
	if s.Timestamp == nil {
		now := float64(time.Now().UnixNano()) / 1e9
		s.Timestamp = &now
	}
	_, err := s.Marshal()
	if err == nil && (s.GetTaskId().GetValue() == "" || s.GetState() == mesospb.TaskState_TASK_STAGING) {
		err = errors.New("a status needs a task id, and a state other than TASK_STAGING")
	}
	if err != nil {
		e.cfg.Log.Error(err, "not sending a status that no agent accepts", "task", s.GetTaskId().GetValue(), "state", s.GetState().String())
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ledger.add(&s)
	e.changed()
}

// Flush waits until every update is acknowledged. If ctx ends or Run returns first,
// the error says how many are not.
func (e *Executor) Flush(ctx context.Context) error {
	for {
		e.mu.Lock()
		left, change := len(e.ledger.updates), e.change
		e.mu.Unlock()
		if left == 0 {
			return nil
		}
		select {
		case <-change:
		case <-ctx.Done():
			return fmt.Errorf("mesos: %d status updates not acknowledged: %w", left, context.Cause(ctx))
		case <-e.over:
			return fmt.Errorf("mesos: %d status updates not acknowledged: the connection to the agent is over", left)
		}
	}
}

// changed wakes everything that waits for the ledger to change. e.mu must be held.
func (e *Executor) changed() {
	close(e.change)
	e.change = make(chan struct{})
}

// sendUpdates sends updates that are due until ctx ends or the agent refuses one;
// that update goes into the next SUBSCRIBE.
func (e *Executor) sendUpdates(ctx context.Context) error {
	for {
		e.mu.Lock()
		status, due := e.ledger.next(time.Now())
		change := e.change
		e.mu.Unlock()
		if status != nil {
			if err := e.sendUpdate(ctx, status); err != nil {
				return err
			}
			continue
		}
		if err := sleep(ctx, due, change); err != nil {
			return err
		}
	}
}

func (e *Executor) sendUpdate(ctx context.Context, status *mesospb.TaskStatus) error {
	c := e.call(mesospb.ExecutorCall_UPDATE)
	c.Update = &mesospb.ExecutorCall_Update{Status: status}
	body, err := c.Marshal()
	if err == nil {
		err = e.transport.send(ctx, e.agent, "", body)
	}
	if err != nil {
		return fmt.Errorf("sending %s of task %s: %w", status.GetState(), status.GetTaskId().GetValue(), err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ledger.sent(status.Uuid, time.Now())
	return nil
}

// sleep waits for d, without limit if it is negative, or until woken. If ctx ends,
// the error is its cause.
func sleep(ctx context.Context, d time.Duration, woken <-chan struct{}) error {
	var timeout <-chan time.Time
	if d >= 0 {
		t := time.NewTimer(d)
		defer t.Stop()
		timeout = t.C
	}
	select {
	case <-timeout:
	case <-woken:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return nil
}
