package validate

import (
	"fmt"
	"strings"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// SchedulerCall returns what is wrong with a scheduler's call: whether it has the fields
// that its type needs.
func SchedulerCall(c *mesospb.SchedulerCall) string {
	if c.Type == nil {
		return "Expecting 'type' to be present"
	}
	type T = mesospb.SchedulerCall_Type
	body := map[T]bool{ // whether the type's body is present
		mesospb.SchedulerCall_SUBSCRIBE:                    c.Subscribe != nil,
		mesospb.SchedulerCall_ACCEPT:                       c.Accept != nil,
		mesospb.SchedulerCall_DECLINE:                      c.Decline != nil,
		mesospb.SchedulerCall_KILL:                         c.Kill != nil,
		mesospb.SchedulerCall_SHUTDOWN:                     c.Shutdown != nil,
		mesospb.SchedulerCall_ACKNOWLEDGE:                  c.Acknowledge != nil,
		mesospb.SchedulerCall_RECONCILE:                    c.Reconcile != nil,
		mesospb.SchedulerCall_MESSAGE:                      c.Message != nil,
		mesospb.SchedulerCall_ACCEPT_INVERSE_OFFERS:        c.AcceptInverseOffers != nil,
		mesospb.SchedulerCall_DECLINE_INVERSE_OFFERS:       c.DeclineInverseOffers != nil,
		mesospb.SchedulerCall_ACKNOWLEDGE_OPERATION_STATUS: c.AcknowledgeOperationStatus != nil,
		mesospb.SchedulerCall_RECONCILE_OPERATIONS:         c.ReconcileOperations != nil,
	}
	if there, needed := body[c.GetType()]; needed && !there {
		return fmt.Sprintf("Expecting '%s' to be present", strings.ToLower(c.GetType().String()))
	}
	id := c.GetFrameworkId().GetValue()
	switch c.GetType() {
	case mesospb.SchedulerCall_SUBSCRIBE:
		if info := c.Subscribe.FrameworkInfo.GetId().GetValue(); info != id {
			return "'framework_id' differs from 'subscribe.framework_info.id'"
		}
		return ""
	case mesospb.SchedulerCall_UNKNOWN:
		return "'type' is unknown"
	case mesospb.SchedulerCall_ACKNOWLEDGE:
		if len(c.Acknowledge.GetUuid()) != 16 {
			return "'acknowledge.uuid' is not a UUID of 16 bytes"
		}
	case mesospb.SchedulerCall_ACKNOWLEDGE_OPERATION_STATUS:
		if len(c.AcknowledgeOperationStatus.GetUuid()) != 16 {
			return "'acknowledge_operation_status.uuid' is not a UUID of 16 bytes"
		}
	}
	if c.FrameworkId == nil {
		return "Expecting 'framework_id' to be present"
	}
	return ""
}
