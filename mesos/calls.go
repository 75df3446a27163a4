package mesos

import (
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// DefaultFilter, as the refuse argument of Accept and Decline, leaves the
// filter to Mesos, which then withholds the same resources for 5 seconds.
const DefaultFilter time.Duration = -1

// Accept uses offers of one agent for operations; what they leave over is not
// offered again for refuse. Without operations the offers are given back.
func Accept(offers []string, refuse time.Duration, operations ...*mesospb.Offer_Operation) *mesospb.SchedulerCall {
	c := call(mesospb.SchedulerCall_ACCEPT)
	c.Accept = &mesospb.SchedulerCall_Accept{OfferIds: offerIDs(offers), Operations: operations, Filters: filters(refuse)}
	return c
}

// Launch is the operation that starts tasks.
func Launch(tasks ...*mesospb.TaskInfo) *mesospb.Offer_Operation {
	return &mesospb.Offer_Operation{
		Type:   mesospb.Offer_Operation_LAUNCH.Enum(),
		Launch: &mesospb.Offer_Operation_Launch{TaskInfos: tasks},
	}
}

// Reserve is the operation that reserves resources, given as they will be.
func Reserve(rs ...*mesospb.Resource) *mesospb.Offer_Operation {
	return &mesospb.Offer_Operation{
		Type:    mesospb.Offer_Operation_RESERVE.Enum(),
		Reserve: &mesospb.Offer_Operation_Reserve{Resources: rs},
	}
}

// Unreserve is the operation that undoes Reserve.
func Unreserve(rs ...*mesospb.Resource) *mesospb.Offer_Operation {
	return &mesospb.Offer_Operation{
		Type:      mesospb.Offer_Operation_UNRESERVE.Enum(),
		Unreserve: &mesospb.Offer_Operation_Unreserve{Resources: rs},
	}
}

// Create is the operation that makes persistent volumes of reserved disk.
func Create(volumes ...*mesospb.Resource) *mesospb.Offer_Operation {
	return &mesospb.Offer_Operation{
		Type:   mesospb.Offer_Operation_CREATE.Enum(),
		Create: &mesospb.Offer_Operation_Create{Volumes: volumes},
	}
}

// Destroy is the operation that removes persistent volumes, with what is in them.
func Destroy(volumes ...*mesospb.Resource) *mesospb.Offer_Operation {
	return &mesospb.Offer_Operation{
		Type:    mesospb.Offer_Operation_DESTROY.Enum(),
		Destroy: &mesospb.Offer_Operation_Destroy{Volumes: volumes},
	}
}

// Decline gives offers back and asks not to get the same again for refuse.
func Decline(offers []string, refuse time.Duration) *mesospb.SchedulerCall {
	c := call(mesospb.SchedulerCall_DECLINE)
	c.Decline = &mesospb.SchedulerCall_Decline{OfferIds: offerIDs(offers), Filters: filters(refuse)}
	return c
}

// Revive clears all filters and ends Suppress for the given roles, or for all of the
// framework's roles if none is given.
func Revive(roles ...string) *mesospb.SchedulerCall {
	c := call(mesospb.SchedulerCall_REVIVE)
	if len(roles) > 0 {
		c.Revive = &mesospb.SchedulerCall_Revive{Roles: roles}
	}
	return c
}

// Suppress asks for no more offers for the given roles, or for all if none is given.
// It does not outlive the subscription.
func Suppress(roles ...string) *mesospb.SchedulerCall {
	c := call(mesospb.SchedulerCall_SUPPRESS)
	if len(roles) > 0 {
		c.Suppress = &mesospb.SchedulerCall_Suppress{Roles: roles}
	}
	return c
}

// Kill ends a task. The agent may be "" but must not be wrong: Mesos would ignore
// the call. A negative grace leaves it to the task's own kill policy.
func Kill(task, agent string, grace time.Duration) *mesospb.SchedulerCall {
	c := call(mesospb.SchedulerCall_KILL)
	c.Kill = &mesospb.SchedulerCall_Kill{TaskId: &mesospb.TaskID{Value: &task}, AgentId: agentID(agent)}
	if grace >= 0 {
		ns := grace.Nanoseconds()
		c.Kill.KillPolicy = &mesospb.KillPolicy{GracePeriod: &mesospb.DurationInfo{Nanoseconds: &ns}}
	}
	return c
}

// Acknowledge tells Mesos that the update with this uuid has been handled; updates
// without uuid must not be acknowledged.
func Acknowledge(task, agent string, uuid []byte) *mesospb.SchedulerCall {
	c := call(mesospb.SchedulerCall_ACKNOWLEDGE)
	c.Acknowledge = &mesospb.SchedulerCall_Acknowledge{
		TaskId: &mesospb.TaskID{Value: &task}, AgentId: &mesospb.AgentID{Value: &agent}, Uuid: uuid,
	}
	return c
}

// A TaskRef names a task for Reconcile; the agent may be "".
type TaskRef struct{ Task, Agent string }

// Reconcile asks for the state of the tasks or, with none, of all non-terminal
// tasks that the master knows of this framework.
func Reconcile(tasks ...TaskRef) *mesospb.SchedulerCall {
	c := call(mesospb.SchedulerCall_RECONCILE)
	c.Reconcile = &mesospb.SchedulerCall_Reconcile{}
	for _, t := range tasks {
		c.Reconcile.Tasks = append(c.Reconcile.Tasks, &mesospb.SchedulerCall_Reconcile_Task{
			TaskId: &mesospb.TaskID{Value: &t.Task}, AgentId: agentID(t.Agent),
		})
	}
	return c
}

// Shutdown ends an executor and all its tasks.
func Shutdown(executor, agent string) *mesospb.SchedulerCall {
	c := call(mesospb.SchedulerCall_SHUTDOWN)
	c.Shutdown = &mesospb.SchedulerCall_Shutdown{
		ExecutorId: &mesospb.ExecutorID{Value: &executor}, AgentId: &mesospb.AgentID{Value: &agent},
	}
	return c
}

// Message sends data to an executor; Mesos does not promise that it arrives.
func Message(executor, agent string, data []byte) *mesospb.SchedulerCall {
	c := call(mesospb.SchedulerCall_MESSAGE)
	if data == nil {
		data = []byte{} // a required field
	}
	c.Message = &mesospb.SchedulerCall_Message{
		ExecutorId: &mesospb.ExecutorID{Value: &executor}, AgentId: &mesospb.AgentID{Value: &agent}, Data: data,
	}
	return c
}

// Teardown ends the framework with all its tasks and executors, for good.
func Teardown() *mesospb.SchedulerCall { return call(mesospb.SchedulerCall_TEARDOWN) }

func call(t mesospb.SchedulerCall_Type) *mesospb.SchedulerCall {
	return &mesospb.SchedulerCall{Type: &t}
}

func offerIDs(ids []string) []*mesospb.OfferID {
	var out []*mesospb.OfferID
	for _, id := range ids {
		out = append(out, &mesospb.OfferID{Value: &id})
	}
	return out
}

func agentID(id string) *mesospb.AgentID {
	if id == "" {
		return nil
	}
	return &mesospb.AgentID{Value: &id}
}

func filters(refuse time.Duration) *mesospb.Filters {
	if refuse < 0 {
		return nil
	}
	seconds := refuse.Seconds()
	return &mesospb.Filters{RefuseSeconds: &seconds}
}
