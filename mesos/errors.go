package mesos

import (
	"errors"
	"fmt"
	"net/http"
)

var (
	// ErrNotSubscribed is returned for a call made while there is no
	// subscription. The call was not sent.
	ErrNotSubscribed = errors.New("mesos: not subscribed")

	// ErrFailedOver ends Scheduler.Run: another scheduler has subscribed with
	// the same framework id. Subscribing again would throw that one out.
	ErrFailedOver = errors.New("mesos: another scheduler has taken this framework over")

	// ErrRemoved ends Scheduler.Run: the master has removed the framework, by
	// a teardown or because its failover timeout ran out. Its tasks are dead
	// and its id is of no further use.
	ErrRemoved = errors.New("mesos: the framework has been removed (torn down, or away for longer than its failover timeout)")

	// ErrShutdown ends Executor.Run: the agent told the executor to shut down,
	// and the handler has returned from that event.
	ErrShutdown = errors.New("mesos: the agent told this executor to shut down")

	// ErrDetached ends Executor.Run: Detach was called, and another Executor may
	// take over.
	ErrDetached = errors.New("mesos: detached from the agent")

	// ErrAgentGone ends Executor.Run: there has been no subscription for the
	// recovery timeout, or at all without checkpointing. If the agent comes
	// back, it counts this executor's tasks as lost.
	ErrAgentGone = errors.New("mesos: the agent is gone")
)

// A RejectedError ends Run: the master or agent understood the subscription and
// refused it, so repeating it is useless.
type RejectedError struct {
	By      string // host:port of the master or agent
	Status  int    // HTTP status; 0 for an ERROR event
	Message string // what it said
}

// Error says who refused, why, and what may help.
func (e *RejectedError) Error() string {
	switch e.Status {
	case 0:
		return fmt.Sprintf("mesos: %s rejects the framework: %s", e.By, e.Message)
	case http.StatusBadRequest:
		return fmt.Sprintf("mesos: %s rejects the subscription as invalid (400): %s", e.By, e.Message)
	case http.StatusUnauthorized:
		return fmt.Sprintf("mesos: %s does not accept our credentials (401): check the principal and its secret; %s", e.By, e.Message)
	case http.StatusForbidden:
		return fmt.Sprintf("mesos: %s knows our credentials but does not allow them to subscribe (403): its ACLs must permit it; %s", e.By, e.Message)
	}
	return fmt.Sprintf("mesos: %s answers the subscription with %s: is it a Mesos process of version 1.0 or later? %s", e.By, httpStatus(e.Status), e.Message)
}

// A CallError is the answer to a call that was refused and so had no effect.
type CallError struct {
	Call   string // type of the call, such as ACCEPT
	Status int    // HTTP status
	Body   string // what the master said
}

// Error names the call, the status and what the master said.
func (e *CallError) Error() string {
	return fmt.Sprintf("mesos: %s refused with %s: %s", e.Call, httpStatus(e.Status), e.Body)
}

func httpStatus(code int) string {
	return fmt.Sprintf("%d %s", code, http.StatusText(code))
}
