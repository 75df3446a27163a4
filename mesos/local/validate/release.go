package validate

import (
	"fmt"
	"strings"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// OldCall removes from a call what release 1.0 does not know, as decoding does there. It
// returns why such a release could not parse the call: an unknown name is an error in
// JSON; in protobuf it goes unnoticed.
func OldCall(c *mesospb.SchedulerCall, json bool) string {
	if c.GetType() > mesospb.SchedulerCall_DECLINE_INVERSE_OFFERS {
		return unparsed
	}
	if c.Subscribe != nil {
		return oldSubscribe(c.Subscribe, json)
	}
	for _, op := range c.GetAccept().GetOperations() {
		if op.Type == nil || op.GetType() > mesospb.Offer_Operation_DESTROY {
			return unparsed
		}
		op.Id = nil
		for _, t := range op.GetLaunch().GetTaskInfos() {
			if t.Executor != nil && t.Executor.Command == nil || !valued(t.Command) || !valued(t.GetExecutor().GetCommand()) {
				return unparsed
			}
		}
	}
	return ""
}

func oldSubscribe(s *mesospb.SchedulerCall_Subscribe, json bool) string {
	info := s.FrameworkInfo
	var known []*mesospb.FrameworkInfo_Capability
	for _, c := range info.GetCapabilities() {
		switch {
		case c.GetType() <= mesospb.FrameworkInfo_Capability_GPU_RESOURCES:
			known = append(known, c)
		case json:
			return fmt.Sprintf("Failed to convert JSON into Call protobuf: Failed to find enum for '%s'", c.GetType())
		}
	}
	s.SuppressedRoles = nil
	if info != nil {
		info.Capabilities, info.Roles = known, nil
	}
	return ""
}

const unparsed = "Failed to parse body into Call protobuf"

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
