package framework

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/glog"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// statesEvery is how often the master is asked which agents are deactivated: no
// event tells a framework. After the first kill of a drain it is asked at once.
const statesEvery = 15 * time.Second

// agentStates is a message to the loop: the master's view of its agents.
type agentStates struct {
	asked  time.Time // when the question was sent: offers since are younger
	agents []*mesospb.MasterResponse_GetAgents_Agent
}

// watchAgentStates asks the master for its agents until ctx ends.
func (f *Framework) watchAgentStates(ctx context.Context) {
	tick := time.NewTicker(statesEvery)
	defer tick.Stop()
	var refused bool
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-f.askStates:
		}
		asked := f.clock.now()
		bounded, cancel := context.WithTimeout(ctx, statesEvery)
		agents, err := f.cfg.Mesos.Agents(bounded)
		cancel()
		if err == nil {
			f.inbox.put(agentStates{asked, agents})
		}
		if now := forbidden(err); now != refused {
			refused = now
			glog.Warningf("framework: may the master be asked for deactivated agents? %t: %v (without that, a Node shows a drain only when its tasks are killed, and its end with the next offer)", !refused, err)
		}
	}
}

func forbidden(err error) bool {
	var e *mesos.CallError
	return errors.As(err, &e) && (e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden)
}

// lookAtStates compares the master's view of its agents with ours.
func (l *loop) lookAtStates(states agentStates) {
	l.answered = true
	for _, state := range states.agents {
		a := l.agents.byID[state.GetAgentInfo().GetId().GetValue()]
		if a == nil || a.offered.After(states.asked) {
			continue
		}
		switch state.GetDrainInfo().GetState() {
		case mesospb.DrainState_DRAINING:
			l.draining(a)
		case mesospb.DrainState_DRAINED:
			l.draining(a)
			l.executorEnded(a)
		}
		l.deactivate(a, state.GetDeactivated())
		if !state.GetDeactivated() && state.DrainInfo == nil && !a.started {
			l.drainOver(a)
		}
		l.endIdle(a)
	}
}
