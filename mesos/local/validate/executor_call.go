package validate

import (
	"fmt"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// ExecutorCall returns what is wrong with an executor's call.
func ExecutorCall(c *mesospb.ExecutorCall, old bool) string {
	missing := ""
	switch {
	case c.Type == nil || c.GetType() == mesospb.ExecutorCall_UNKNOWN,
		c.GetType() == mesospb.ExecutorCall_HEARTBEAT && old:
		missing = "type"
	case c.GetType() == mesospb.ExecutorCall_SUBSCRIBE && c.Subscribe == nil:
		missing = "subscribe"
	case c.GetType() == mesospb.ExecutorCall_UPDATE && c.Update == nil:
		missing = "update"
	case c.GetType() == mesospb.ExecutorCall_MESSAGE && c.Message == nil:
		missing = "message"
	}
	if missing != "" {
		return fmt.Sprintf("Expecting '%s' to be present", missing)
	}
	if c.Update != nil {
		return Update(c, c.Update.Status)
	}
	return ""
}

// Update returns what is wrong with a status that an executor sends by a call.
func Update(c *mesospb.ExecutorCall, s *mesospb.TaskStatus) string {
	switch {
	case len(s.Uuid) == 0:
		return "Expecting 'uuid' to be present"
	case len(s.Uuid) != 16:
		return "'uuid' is not a UUID of 16 bytes"
	case s.Source == nil || s.GetSource() != mesospb.TaskStatus_SOURCE_EXECUTOR:
		return "'source' must be SOURCE_EXECUTOR"
	case s.ExecutorId != nil && s.ExecutorId.GetValue() != c.ExecutorId.GetValue():
		return "ExecutorID in Call differs from the one in the status"
	case s.GetState() == mesospb.TaskState_TASK_STAGING:
		return "TASK_STAGING is not a state that an executor may send"
	}
	return ""
}
