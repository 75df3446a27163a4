package local

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// The releases of Mesos that can be imitated.
const (
	newest = "1.11.0"
	oldest = "1.0.4"
)

// old reports whether the first release of the v1 API is imitated. It has no
// PARTITION_AWARE, multiple roles, task groups or draining, and permanently loses an
// agent that was away.
func (c *Config) old() bool { return c.Version == oldest }

// oldCall removes from a call what release 1.0 does not know, as decoding does
// there. An unknown name is an error in JSON; in protobuf it goes unnoticed.
func oldCall(c *mesospb.SchedulerCall, json bool) *failure {
	if c.Subscribe != nil {
		return oldSubscribe(c.Subscribe, json)
	}
	for _, op := range c.GetAccept().GetOperations() {
		if op.Type == nil || op.GetType() > mesospb.Offer_Operation_DESTROY {
			return unparsed()
		}
		for _, t := range op.GetLaunch().GetTaskInfos() {
			if t.Executor != nil && t.Executor.Command == nil || !valued(t.Command) || !valued(t.GetExecutor().GetCommand()) {
				return unparsed()
			}
		}
	}
	return nil
}

func oldSubscribe(s *mesospb.SchedulerCall_Subscribe, json bool) *failure {
	info := s.FrameworkInfo
	var known []*mesospb.FrameworkInfo_Capability
	for _, c := range info.GetCapabilities() {
		switch {
		case c.GetType() <= mesospb.FrameworkInfo_Capability_GPU_RESOURCES:
			known = append(known, c)
		case json:
			return fail(http.StatusBadRequest, "Failed to convert JSON into Call protobuf: Failed to find enum for '%s'", c.GetType())
		}
	}
	s.SuppressedRoles = nil
	if info != nil {
		info.Capabilities, info.Roles = known, nil
	}
	return nil
}

func unparsed() *failure {
	return fail(http.StatusBadRequest, "Failed to parse body into Call protobuf")
}

// valued reports whether each variable has a value, which release 1.0 requires.
func valued(c *mesospb.CommandInfo) bool {
	for _, v := range c.GetEnvironment().GetVariables() {
		if v.Value == nil {
			return false
		}
	}
	return true
}

func oldRoleProblem(role string) string {
	switch {
	case role == "":
		return "Empty role name is invalid"
	case roleProblem(role) == "" && !strings.Contains(role, "/"):
		return ""
	}
	return fmt.Sprintf("Role name '%s' is invalid because it contains slash, backspace or whitespace", role)
}

// loseForGood gives an agent up as release 1.0 does: its tasks are forgotten.
func (a *agent) loseForGood() {
	for _, o := range inOrder(a.offers) {
		a.m.rescind(o)
	}
	for _, f := range a.m.order {
		a.loseTasks(f, mesospb.TaskState_TASK_LOST, mesospb.TaskStatus_REASON_AGENT_REMOVED, "health check timed out")
	}
	a.announceLoss()
	delete(a.m.agentOf, a.id)
}

// comeBackAnother brings such an agent back. The master orders it to shut down with
// all its executors; started again, it has another id.
func (a *agent) comeBackAnother() {
	for _, f := range a.m.order {
		a.removeFramework(f)
		a.orphan(f)
	}
	a.id, a.removed, a.silent, a.mailbox = "", false, false, nil
	a.count()
	a.register()
}
