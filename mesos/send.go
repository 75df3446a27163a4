package mesos

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// Send sends one call and waits until the master has accepted it, which does not
// mean that it succeeded. It fills in the framework id. Calls arrive in the order in
// which Send was called; each waits for the one before.
//
// Several acknowledgements may be sent at once; they do not wait for each other's
// answers and may arrive twice, which Mesos tolerates. The error is then the first
// of theirs.
//
// ErrNotSubscribed means that the call was not sent, *CallError that it was refused.
// If ctx ends before its turn, the call was not sent. After any other error it may
// or may not have been carried out. The subscription is then ended and begun again,
// upon which the master takes all offers back and refuses what is still on its way.
func (s *Scheduler) Send(ctx context.Context, calls ...*mesospb.SchedulerCall) error {
	sub := s.live.Load()
	if sub == nil {
		return ErrNotSubscribed
	}
	bodies, err := sub.marshal(calls)
	if err != nil || len(bodies) == 0 {
		return err
	}
	select {
	case s.sendLock <- struct{}{}:
		defer func() { <-s.sendLock }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if s.live.Load() != sub {
		return ErrNotSubscribed
	}
	return s.send(ctx, sub, calls[0].GetType().String(), bodies)
}

// marshal encodes the bodies of calls that may be sent together.
func (sub *subscription) marshal(calls []*mesospb.SchedulerCall) ([][]byte, error) {
	var bodies [][]byte
	for _, c := range calls {
		switch t := c.GetType(); {
		case t == mesospb.SchedulerCall_UNKNOWN, t == mesospb.SchedulerCall_SUBSCRIBE:
			// A call of type UNKNOWN makes a master of Mesos 1.11 abort.
			return nil, fmt.Errorf("mesos: a call of type %s is not for Send", t)
		case len(calls) > 1 && t != mesospb.SchedulerCall_ACKNOWLEDGE:
			return nil, fmt.Errorf("mesos: a call of type %s is to be sent by itself", t)
		}
		numbered := *c
		numbered.FrameworkId = sub.framework
		body, err := numbered.Marshal()
		if err != nil {
			return nil, fmt.Errorf("mesos: %s: %w", c.GetType(), err)
		}
		bodies = append(bodies, body)
	}
	return bodies, nil
}

func (s *Scheduler) send(ctx context.Context, sub *subscription, name string, bodies [][]byte) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer sub.onEnd(cancel)()

	if len(bodies) == 1 {
		err = s.transport.send(ctx, sub.leader, sub.streamID, bodies[0])
	} else {
		err = s.transport.sendAll(ctx, sub.leader, sub.streamID, bodies)
	}
	var status *statusError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &status):
		err = &CallError{Call: name, Status: status.status, Body: status.text}
		if lost(status.status) {
			sub.end(err)
		}
		return err
	}
	err = fmt.Errorf("mesos: %s, whose outcome is unknown: %w", name, err)
	sub.end(err)
	return err
}

// lost reports whether an answer to a call means that the master no longer counts us
// as subscribed, whatever the stream looks like: it no longer leads, has just
// started, or has closed our stream.
func lost(status int) bool {
	switch status {
	case http.StatusTemporaryRedirect, http.StatusForbidden, http.StatusNotFound, http.StatusServiceUnavailable:
		return true
	}
	return false
}
