package mesos

import (
	"fmt"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// Detach ends Run, so that another Executor, also one in another program, can
// take this one's place: an agent takes a new SUBSCRIBE of an executor for the
// same executor whose connection has ended. Every event that has been read is
// still given to the handler, as the agent counts it as delivered; Run returns
// ErrDetached then. Before Run it does nothing.
func (e *Executor) Detach() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.detach != nil {
		e.detach(ErrDetached)
	}
}

// Owed returns, encoded, the updates that the agent has not acknowledged and the
// tasks that it has heard nothing of. After Run it is what Resume needs.
func (e *Executor) Owed() ([]byte, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	b, err := e.ledger.owed().Marshal()
	if err != nil {
		return nil, fmt.Errorf("mesos: what is owed to the agent: %w", err)
	}
	return b, nil
}

// Resume takes over what another Executor owed. It is called before Run.
func (e *Executor) Resume(owed []byte) error {
	var s mesospb.ExecutorCall_Subscribe
	if err := s.Unmarshal(owed); err != nil {
		return fmt.Errorf("mesos: what is owed to the agent: %w", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ledger.launched(s.UnacknowledgedTasks...)
	for _, u := range s.UnacknowledgedUpdates {
		e.ledger.add(u.Status)
	}
	return nil
}
