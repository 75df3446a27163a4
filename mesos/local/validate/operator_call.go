package validate

import (
	"fmt"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// MasterCall returns what is wrong with an operator's call.
func MasterCall(c *mesospb.MasterCall, old bool) string {
	missing := ""
	switch {
	case c.GetType() == mesospb.MasterCall_UNKNOWN || old && c.GetType() > mesospb.MasterCall_GET_MASTER:
		missing = "type"
	case c.GetType() == mesospb.MasterCall_MARK_AGENT_GONE && c.MarkAgentGone == nil:
		missing = "mark_agent_gone"
	case c.GetType() == mesospb.MasterCall_DRAIN_AGENT && c.DrainAgent == nil:
		missing = "drain_agent"
	case c.GetType() == mesospb.MasterCall_DEACTIVATE_AGENT && c.DeactivateAgent == nil:
		missing = "deactivate_agent"
	case c.GetType() == mesospb.MasterCall_REACTIVATE_AGENT && c.ReactivateAgent == nil:
		missing = "reactivate_agent"
	}
	if missing != "" {
		return fmt.Sprintf("Expecting '%s' to be present", missing)
	}
	return ""
}
