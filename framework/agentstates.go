package framework

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
)

// statesEvery is how often the master is asked which agents are deactivated: no
// event tells a framework. After the first kill of a drain it is asked at once.
const statesEvery = 15 * time.Second

// watchAgentStates asks the master for its agents until ctx ends.
func (f *Framework) watchAgentStates(ctx context.Context) {
	tick := time.NewTicker(statesEvery)
	defer tick.Stop()
	var right right
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
			f.inbox.Put(agentStates{asked, agents})
		}
		switch right.heard(err) {
		case rightLost:
			f.log.Info("the master may not be asked which agents are deactivated: a Node shows a drain only when the agent's tasks are killed, and its end with the next offer", "reason", err)
		case rightRegained:
			f.log.Info("the master may be asked again which agents are deactivated")
		}
	}
}

// right follows whether a master allows a question.
type right struct{ denied bool }

// change is what became of a right.
type change int

const (
	rightUnchanged change = iota
	rightLost
	rightRegained
)

// heard notes a master's answer. Only an answer changes the right: a master that cannot
// be reached denies nothing and allows nothing.
func (r *right) heard(err error) change {
	before := r.denied
	switch {
	case err == nil:
		r.denied = false
	case forbidden(err):
		r.denied = true
	}
	switch {
	case r.denied && !before:
		return rightLost
	case before && !r.denied:
		return rightRegained
	}
	return rightUnchanged
}

func forbidden(err error) bool {
	var e *mesos.CallError
	return errors.As(err, &e) && (e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden)
}
