package mesos

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/recordio"
)

var errNotBack = errors.New("no answer in time")

// subscribe subscribes once, then hands events on and sends updates until the stream
// ends. It reports whether it was subscribed at all, which must happen before
// deadline.
func (e *Executor) subscribe(ctx context.Context, deadline time.Time, in *inbox) (subscribed bool, err error) {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	defer e.transport.close()
	late := time.AfterFunc(time.Until(deadline), func() { end(errNotBack) })
	defer late.Stop()

	body, err := e.subscribeCall()
	if err != nil {
		return false, err
	}
	resp, agent, err := e.transport.open(ctx, e.agent, body)
	if err != nil {
		if final := rejected(err); final != nil {
			return false, final
		}
		return false, because(ctx, err)
	}
	defer resp.Body.Close()

	var sending sync.WaitGroup
	defer func() { end(nil); sending.Wait() }()
	welcome := func() {
		subscribed = true
		late.Stop()
		e.cfg.Log.Info("subscribed", "agent", e.cfg.AgentID, "address", agent.Host)
		sending.Go(func() { end(e.sendUpdates(ctx)) })
	}
	err = e.read(recordio.NewReader(resp.Body, 0), in, welcome)
	return subscribed, because(ctx, err)
}

// subscribeCall returns a SUBSCRIBE with everything that is unacknowledged.
func (e *Executor) subscribeCall() ([]byte, error) {
	c := e.call(mesospb.ExecutorCall_SUBSCRIBE)
	e.mu.Lock()
	defer e.mu.Unlock()
	c.Subscribe = e.ledger.subscribe(time.Now())
	return c.Marshal()
}

func (e *Executor) call(t mesospb.ExecutorCall_Type) *mesospb.ExecutorCall {
	return &mesospb.ExecutorCall{
		ExecutorId:  &mesospb.ExecutorID{Value: &e.cfg.ExecutorID},
		FrameworkId: &mesospb.FrameworkID{Value: &e.cfg.FrameworkID},
		Type:        &t,
	}
}

// read handles events until the stream ends, and returns why it ended.
func (e *Executor) read(records *recordio.Reader, in *inbox, welcome func()) error {
	for subscribed := false; ; {
		record, err := records.ReadRecord()
		if err != nil {
			return fmt.Errorf("reading events: %w", err)
		}
		ev, err := decodeExecutorEvent(record)
		if err != nil {
			// A task that we cannot read is in none of our lists: if the agent
			// restarts, it learns that the task was dropped.
			e.cfg.Log.Error(err, "skipping an event", "agent", e.cfg.AgentID, "bytes", len(record))
			continue
		}
		switch ev.GetType() {
		case mesospb.ExecutorEvent_UNKNOWN, mesospb.ExecutorEvent_HEARTBEAT:
			continue
		case mesospb.ExecutorEvent_SUBSCRIBED:
			if !subscribed {
				subscribed = true
				welcome()
			}
		case mesospb.ExecutorEvent_ACKNOWLEDGED:
			e.acknowledged(ev.Acknowledged)
			continue
		case mesospb.ExecutorEvent_LAUNCH:
			e.launched(ev.Launch.GetTask())
		case mesospb.ExecutorEvent_LAUNCH_GROUP:
			e.launched(ev.LaunchGroup.GetTaskGroup().GetTasks()...)
		}
		in.put(ev, len(record))
	}
}

func (e *Executor) acknowledged(a *mesospb.ExecutorEvent_Acknowledged) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ledger.acknowledged(a.GetTaskId().GetValue(), a.GetUuid())
	e.changed()
}

func (e *Executor) launched(tasks ...*mesospb.TaskInfo) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ledger.launched(tasks...)
}
