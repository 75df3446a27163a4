package mesos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// maxAgents bounds the answer of Agents, in bytes: 10,000 agents take about 20 MiB.
const maxAgents = 64 << 20

// Agents asks the leading master for the agents it knows (the operator API's
// GET_AGENTS). Operators may deny this to frameworks: the error is then a *CallError
// with status 401 or 403. It is ErrNotSubscribed when no master is known.
func (s *Scheduler) Agents(ctx context.Context) ([]*mesospb.MasterResponse_GetAgents_Agent, error) {
	sub := s.live.Load()
	if sub == nil {
		return nil, ErrNotSubscribed
	}
	call, err := (&mesospb.MasterCall{Type: mesospb.MasterCall_GET_AGENTS.Enum()}).Marshal()
	if err != nil {
		return nil, err
	}
	resp, err := s.transport.post(ctx, s.transport.calls, sub.operator(), "", call)
	if err != nil {
		return nil, fmt.Errorf("mesos: GET_AGENTS: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, &CallError{Call: "GET_AGENTS", Status: resp.StatusCode, Body: text(resp)}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAgents+1))
	if err == nil && len(body) > maxAgents {
		err = errors.New("the answer is too long")
	}
	answer := &mesospb.MasterResponse{}
	if err == nil {
		err = answer.Unmarshal(body)
	}
	if err != nil {
		return nil, fmt.Errorf("mesos: the answer to GET_AGENTS: %w", err)
	}
	return answer.GetGetAgents().GetAgents(), nil
}

// operator returns the URL of the same master's operator API.
func (sub *subscription) operator() *url.URL {
	u := *sub.leader
	u.Path = strings.TrimSuffix(u.Path, "/scheduler")
	return &u
}
