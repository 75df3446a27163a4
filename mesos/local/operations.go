package local

import (
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/loop"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/operations"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/volumes"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

// reservations is an agent's own part in what frameworks reserve there: its record, the
// volumes on its disk, and outcomes of operations, kept until they are acknowledged.
type reservations struct {
	agent    *agent
	disk     *volumes.Store
	total    []*mesospb.Resource // as the agent knows it; the master's view is in its capacity
	outcomes []*outcome
}

// newReservations returns those that an agent remembers.
func newReservations(a *agent, total []*mesospb.Resource, workDir string) (*reservations, error) {
	rv := &reservations{agent: a, disk: volumes.New(workDir, a.index)}
	kept, err := rv.disk.Load()
	rv.total = operations.Restored(total, kept)
	return rv, err
}

// operate carries out an operation on what is left of the offers, or drops it. The master
// counts at once with what comes of it; the agent hears of it in order.
func (l *launch) operate(op *mesospb.Offer_Operation, principal string) {
	a := l.agent
	change, problem := operations.Of(op, operations.Place{Role: l.role, Principal: principal, Total: a.master.agents.volumes(a)})
	left, contained := change.Apply(l.left)
	if problem == "" && !contained {
		problem = "The offers do not contain the resources of the operation"
	}
	if problem != "" {
		l.framework.dropOperation(op, problem)
		return
	}
	l.left = left
	a.capacity.total, _ = change.Apply(a.capacity.total)
	f, id := l.framework.id, op.Id
	a.link.tell(func() { a.reservations.apply(f, id, change) })
}

// volumes returns what an agent has, and the volumes of the others: all agents have theirs
// in one directory.
func (as *agents) volumes(a *agent) []*mesospb.Resource {
	all := a.capacity.total
	for _, other := range as.all {
		for _, r := range other.capacity.total {
			if other != a && resources.VolumeID(r) != "" {
				all = append(slices.Clip(all), r)
			}
		}
	}
	return all
}

// dropOperation tells a framework that gave an operation an id that the master drops it;
// others see from the next offers what became of theirs.
func (f *framework) dropOperation(op *mesospb.Offer_Operation, text string) {
	if op.Id != nil {
		f.operation(&mesospb.OperationStatus{OperationId: op.Id, State: mesospb.OperationState_OPERATION_ERROR.Enum(), Message: &text})
	}
}

func (f *framework) operation(status *mesospb.OperationStatus) {
	f.send(&mesospb.SchedulerEvent{
		Type:                  mesospb.SchedulerEvent_UPDATE_OPERATION_STATUS.Enum(),
		UpdateOperationStatus: &mesospb.SchedulerEvent_UpdateOperationStatus{Status: status},
	})
}

// apply is the agent's part of an operation.
func (rv *reservations) apply(framework string, id *mesospb.OperationID, change operations.Change) {
	before := operations.Kept(rv.total)
	rv.total, _ = change.Apply(rv.total)
	if err := rv.disk.Change(before, operations.Kept(rv.total)); err != nil {
		rv.agent.master.cfg.Log.Error(err, "operation of a framework", "agent", rv.agent.id)
	}
	if id == nil {
		return
	}
	unique := uuid.New()
	o := &outcome{framework: framework, after: rv.agent.master.cfg.UpdateRetry, status: &mesospb.OperationStatus{
		OperationId: id, State: mesospb.OperationState_OPERATION_FINISHED.Enum(), ConvertedResources: change.To,
		Uuid: &mesospb.UUID{Value: unique[:]}, AgentId: rv.agent.agentID(),
	}}
	rv.outcomes = append(rv.outcomes, o)
	rv.report(o)
}

// outcome is the status of an operation that its framework has not acknowledged yet.
type outcome struct {
	framework string
	status    *mesospb.OperationStatus
	after     time.Duration // until it is sent again
	again     *loop.Timer
}

// report sends a status, now and again until it is acknowledged.
func (rv *reservations) report(o *outcome) {
	o.again.Stop()
	if f := rv.agent.master.frameworks.byID[o.framework]; f != nil && rv.agent.link.heard() {
		f.operation(o.status)
	}
	o.again = rv.agent.master.loop.After(o.after, func() { rv.report(o) })
	o.after *= 2
}

// reportAll sends what is kept for some framework, as it may not have heard of it.
func (rv *reservations) reportAll(match func(*outcome) bool) {
	for _, o := range rv.outcomes {
		if match(o) {
			o.after = rv.agent.master.cfg.UpdateRetry
			rv.report(o)
		}
	}
}

func anyOutcome(*outcome) bool { return true }

// outcomeOf returns a predicate that accepts outcomes for a framework.
func outcomeOf(f *framework) func(*outcome) bool {
	return func(o *outcome) bool { return o.framework == f.id }
}

// forget drops those outcomes that match.
func (rv *reservations) forget(match func(*outcome) bool) {
	rv.outcomes = slices.DeleteFunc(rv.outcomes, func(o *outcome) bool {
		if match(o) {
			o.again.Stop()
			return true
		}
		return false
	})
}

// acknowledgeOperation passes an ACKNOWLEDGE_OPERATION_STATUS to the agent.
func (m *master) acknowledgeOperation(f *framework, call *mesospb.SchedulerCall_AcknowledgeOperationStatus) {
	a := m.agents.find(call.AgentId)
	if a == nil || !a.link.connected || m.faults.Happens(m.faults.SwallowAcknowledgements) {
		return
	}
	a.link.tell(func() {
		a.reservations.forget(func(o *outcome) bool {
			return o.framework == f.id && o.status.OperationId.GetValue() == call.OperationId.GetValue() && string(o.status.Uuid.Value) == string(call.Uuid)
		})
	})
}

// reconcileOperations answers with what is known of the named operations, or of all that
// are not acknowledged if none is named.
func (as *agents) reconcileOperations(f *framework, call *mesospb.SchedulerCall_ReconcileOperations) {
	if len(call.Operations) == 0 {
		for _, a := range as.all {
			for _, o := range a.reservations.outcomes {
				if o.framework == f.id && a.link.connected {
					f.operation(o.reconciled())
				}
			}
		}
	}
	for _, asked := range call.Operations {
		f.operation(as.operation(f, asked))
	}
}

// operation returns the answer about one operation.
func (as *agents) operation(f *framework, asked *mesospb.SchedulerCall_ReconcileOperations_Operation) *mesospb.OperationStatus {
	state := mesospb.OperationState_OPERATION_UNKNOWN
	for _, a := range as.all {
		for _, o := range a.reservations.outcomes {
			if o.framework == f.id && a.link.connected && o.status.OperationId.GetValue() == asked.OperationId.GetValue() {
				return o.reconciled()
			}
		}
	}
	switch a := as.find(asked.AgentId); {
	case a == nil && as.gone[asked.AgentId.GetValue()]:
		state = mesospb.OperationState_OPERATION_GONE_BY_OPERATOR
	case a == nil:
	case a.link.recovering:
		state = mesospb.OperationState_OPERATION_RECOVERING
	case a.link.removed:
		state = mesospb.OperationState_OPERATION_UNREACHABLE
	}
	text := fmt.Sprintf("Reconciliation: Operation is %s", state)
	return &mesospb.OperationStatus{OperationId: asked.OperationId, AgentId: asked.AgentId, State: &state, Message: &text}
}

// reconciled returns the status without the part that asks for an acknowledgement.
func (o *outcome) reconciled() *mesospb.OperationStatus {
	s := *o.status
	s.Uuid = nil
	return &s
}
