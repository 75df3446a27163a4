package scheduler

import "slices"

// ack is an update to be acknowledged when its effect is stored.
type ack struct{ agent, uuid string }

// acknowledge answers an update whose effect is stored.
func (s *State) acknowledge(u Update) {
	if u.UUID != "" && s.connected {
		s.call(Acknowledge{Task: u.Task, Agent: u.Agent, UUID: u.UUID})
	}
}

// acknowledgeLater keeps an update until the outcome that it led to is stored.
func (t *task) acknowledgeLater(u Update) {
	if k := (ack{u.Agent, u.UUID}); u.UUID != "" && !slices.Contains(t.acks, k) {
		t.acks = append(t.acks, k)
	}
}

func (s *State) acknowledgeNow(t *task) {
	for _, k := range t.acks {
		s.acknowledge(Update{Task: t.ID, Agent: k.agent, UUID: k.uuid})
	}
	t.acks = nil
}
