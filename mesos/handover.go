package mesos

import (
	"fmt"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// Detach ends Run so that another Executor, possibly in another program, can take
// this one's place: an agent accepts a new SUBSCRIBE for an executor whose
// connection has ended. Every event already read is still passed to the handler, as
// the agent counts it as delivered; then Run returns ErrDetached. Before Run it does
// nothing.
func (e *Executor) Detach() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.detach != nil {
		e.detach(ErrDetached)
	}
}

// Unacknowledged returns, encoded, the updates that the agent has not acknowledged and
// the tasks it has heard nothing about. After Run it is what Resume needs.
func (e *Executor) Unacknowledged() ([]byte, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	b, err := e.ledger.unacknowledged().Marshal()
	if err != nil {
		return nil, fmt.Errorf("mesos: updates and tasks that the agent has not acknowledged: %w", err)
	}
	return b, nil
}

// Resume takes over what another Executor returned from Unacknowledged. It must be called before Run.
func (e *Executor) Resume(unacknowledged []byte) error {
	var s mesospb.ExecutorCall_Subscribe
	if err := s.Unmarshal(unacknowledged); err != nil {
		return fmt.Errorf("mesos: updates and tasks that the agent has not acknowledged: %w", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ledger.launched(s.UnacknowledgedTasks...)
	for _, u := range s.UnacknowledgedUpdates {
		e.ledger.add(u.Status)
	}
	return nil
}
