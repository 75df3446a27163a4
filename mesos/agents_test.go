package mesos

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/gogo/protobuf/proto"
	pb "github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesostest/pipenet"
)

// Agents uses the operator API of the leading master.
func TestAgents(t *testing.T) {
	t.Parallel()
	answer, err := (&pb.MasterResponse{Type: pb.MasterResponse_GET_AGENTS.Enum(), GetAgents: &pb.MasterResponse_GetAgents{
		Agents: []*pb.MasterResponse_GetAgents_Agent{{
			AgentInfo: &pb.AgentInfo{Hostname: proto.String("h"), Id: &pb.AgentID{Value: proto.String("S1")}},
			Active:    proto.Bool(false), Version: proto.String("1.11.0"), Deactivated: proto.Bool(true),
		}},
	}}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	type agents = []*pb.MasterResponse_GetAgents_Agent
	for name, c := range map[string]struct {
		status int
		answer []byte
		right  func(agents, error) bool
	}{
		"answered": {http.StatusOK, answer, func(as agents, err error) bool {
			return err == nil && len(as) == 1 && as[0].GetDeactivated() && as[0].GetAgentInfo().GetId().GetValue() == "S1"
		}},
		"not allowed": {http.StatusForbidden, nil, func(_ agents, err error) bool {
			var e *CallError
			return errors.As(err, &e) && e.Status == http.StatusForbidden
		}},
		"nonsense": {http.StatusOK, []byte("<html>"), func(_ agents, err error) bool { return err != nil }},
		"too long": {http.StatusOK, make([]byte, maxAgents+1), func(_ agents, err error) bool { return err != nil }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := pipenet.New(t)
				mux := http.NewServeMux()
				mux.Handle("/api/v1/scheduler", &fakeMaster{})
				mux.HandleFunc("/api/v1", func(w http.ResponseWriter, _ *http.Request) {
					w.WriteHeader(c.status)
					w.Write(c.answer)
				})
				n.Serve("m:5050", mux)
				l := live(t, n, SchedulerConfig{Master: "m:5050"})
				if _, err := l.Agents(t.Context()); !errors.Is(err, ErrNotSubscribed) {
					t.Errorf("before a subscription: %v", err)
				}
				synctest.Wait()
				if as, err := l.Agents(t.Context()); !c.right(as, err) {
					t.Errorf("%d agents, %v", len(as), err)
				}
			})
		})
	}
}
