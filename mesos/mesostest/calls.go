package mesostest

import (
	"encoding/json"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

func framework(capabilities ...mesospb.FrameworkInfo_Capability_Type) *mesospb.FrameworkInfo {
	info := &mesospb.FrameworkInfo{
		User: proto.String("root"), Name: proto.String("mesostest"),
		FailoverTimeout: proto.Float64(60), Checkpoint: proto.Bool(true),
	}
	for _, c := range capabilities {
		info.Capabilities = append(info.Capabilities, &mesospb.FrameworkInfo_Capability{Type: c.Enum()})
	}
	return info
}

func aware() *mesospb.FrameworkInfo {
	return framework(mesospb.FrameworkInfo_Capability_PARTITION_AWARE)
}

// plan holds what a task's data asks the test executor to do.
type plan struct {
	States []mesospb.TaskState `json:"states"`           // sent one after another
	Say    string              `json:"say,omitempty"`    // sent as a message once launched
	Append string              `json:"append,omitempty"` // a file that the task adds its id to; all that is in it is said
	Exit   *int32              `json:"exit,omitempty"`
	Kill9  bool                `json:"kill9,omitempty"`
	Hang   bool                `json:"hang,omitempty"` // ignore SHUTDOWN and KILL
}

func running() plan { return plan{States: []mesospb.TaskState{mesospb.TaskState_TASK_RUNNING}} }

func finishing() plan {
	return plan{States: []mesospb.TaskState{mesospb.TaskState_TASK_RUNNING, mesospb.TaskState_TASK_FINISHED}}
}

func scalar(name string, v float64) *mesospb.Resource {
	return &mesospb.Resource{Name: &name, Type: mesospb.Value_SCALAR.Enum(), Scalar: &mesospb.Value_Scalar{Value: &v}}
}

func ports(begin, end uint64) *mesospb.Resource {
	return &mesospb.Resource{Name: proto.String("ports"), Type: mesospb.Value_RANGES.Enum(),
		Ranges: &mesospb.Value_Ranges{Range: []*mesospb.Value_Range{{Begin: &begin, End: &end}}}}
}

// task returns a small task on the offer's agent, for an executor of that name.
func (target Target) task(o *mesospb.Offer, id, executor string, p plan) *mesospb.TaskInfo {
	data, err := json.Marshal(p)
	if err != nil {
		panic(err) // a plan is plain data
	}
	return &mesospb.TaskInfo{
		Name: &id, TaskId: &mesospb.TaskID{Value: &id}, AgentId: o.AgentId, Data: data,
		Resources: []*mesospb.Resource{scalar("cpus", 0.1), scalar("mem", 32)},
		Executor:  target.Executor(executor),
	}
}

// amount returns the amount of a scalar in an offer.
func amount(o *mesospb.Offer, name string) (sum float64) {
	for _, r := range o.Resources {
		if r.GetName() == name {
			sum += r.GetScalar().GetValue()
		}
	}
	return sum
}

// hasPort reports whether an offer contains that port.
func hasPort(o *mesospb.Offer, port uint64) bool {
	for _, r := range o.Resources {
		for _, x := range r.GetRanges().GetRange() {
			if r.GetName() == "ports" && x.GetBegin() <= port && port <= x.GetEnd() {
				return true
			}
		}
	}
	return false
}

// firstPort returns the lowest port in an offer, or 0 if there is none.
func firstPort(o *mesospb.Offer) uint64 {
	for _, r := range o.Resources {
		if r.GetName() == "ports" && len(r.GetRanges().GetRange()) > 0 {
			return r.Ranges.Range[0].GetBegin()
		}
	}
	return 0
}

func accept(refuse float64, offers []*mesospb.Offer, tasks ...*mesospb.TaskInfo) *mesospb.SchedulerCall {
	c := &mesospb.SchedulerCall{Type: mesospb.SchedulerCall_ACCEPT.Enum(), Accept: &mesospb.SchedulerCall_Accept{
		Filters: &mesospb.Filters{RefuseSeconds: &refuse}}}
	for _, o := range offers {
		c.Accept.OfferIds = append(c.Accept.OfferIds, o.Id)
	}
	if len(tasks) > 0 {
		c.Accept.Operations = []*mesospb.Offer_Operation{{
			Type: mesospb.Offer_Operation_LAUNCH.Enum(), Launch: &mesospb.Offer_Operation_Launch{TaskInfos: tasks}}}
	}
	return c
}

func decline(refuse *float64, offers ...*mesospb.Offer) *mesospb.SchedulerCall {
	c := &mesospb.SchedulerCall{Type: mesospb.SchedulerCall_DECLINE.Enum(), Decline: &mesospb.SchedulerCall_Decline{}}
	if refuse != nil {
		c.Decline.Filters = &mesospb.Filters{RefuseSeconds: refuse}
	}
	for _, o := range offers {
		c.Decline.OfferIds = append(c.Decline.OfferIds, o.Id)
	}
	return c
}

func simple(t mesospb.SchedulerCall_Type) *mesospb.SchedulerCall {
	return &mesospb.SchedulerCall{Type: &t}
}

func kill(task string, agent *mesospb.AgentID) *mesospb.SchedulerCall {
	return &mesospb.SchedulerCall{Type: mesospb.SchedulerCall_KILL.Enum(),
		Kill: &mesospb.SchedulerCall_Kill{TaskId: &mesospb.TaskID{Value: &task}, AgentId: agent}}
}

func reconcile(agent *mesospb.AgentID, tasks ...string) *mesospb.SchedulerCall {
	c := &mesospb.SchedulerCall{Type: mesospb.SchedulerCall_RECONCILE.Enum(), Reconcile: &mesospb.SchedulerCall_Reconcile{}}
	for _, id := range tasks {
		c.Reconcile.Tasks = append(c.Reconcile.Tasks, &mesospb.SchedulerCall_Reconcile_Task{
			TaskId: &mesospb.TaskID{Value: &id}, AgentId: agent})
	}
	return c
}

func message(executor string, agent *mesospb.AgentID, data string) *mesospb.SchedulerCall {
	return &mesospb.SchedulerCall{Type: mesospb.SchedulerCall_MESSAGE.Enum(), Message: &mesospb.SchedulerCall_Message{
		AgentId: agent, ExecutorId: &mesospb.ExecutorID{Value: &executor}, Data: []byte(data)}}
}

func taskID(id string) *mesospb.TaskID { return &mesospb.TaskID{Value: &id} }

func agentID(id string) *mesospb.AgentID { return &mesospb.AgentID{Value: &id} }
