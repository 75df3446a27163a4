package mesostest

import (
	"strings"
	"testing"

	"github.com/gogo/protobuf/proto"
	"github.com/google/uuid"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

func reservationCases() []testCase {
	return []testCase{
		{"reserve and create", "what is reserved, and a volume made of it in the same ACCEPT, is offered as such, to its role only, until it is destroyed and unreserved", reserveAndCreate},
		{"stack of reservations", "a framework with RESERVATION_REFINEMENT is offered reservations as a stack and gives them back so", since(1, 4, stackOfReservations)},
		{"invalid operations", "an operation that is not valid is dropped without a word, and what follows it in the ACCEPT is done", invalidOperations},
		{"volume of a task", "a task launched in the ACCEPT that makes its volume finds it in the sandbox; the next one finds what the first has written; a volume in use is not destroyed", volumeOfTask},
		{"operations with ids", "an operation with an id is answered by a status that repeats until it is acknowledged, or by an error", since(1, 8, operationsWithIDs)},
	}
}

// reserver is a framework in a role of its own that reserves.
type reserver struct {
	*scheduler
	role, principal string
	refined         bool // reservations are stacks
}

// newReserver subscribes one.
func newReserver(t *testing.T, target Target, capabilities ...mesospb.FrameworkInfo_Capability_Type) *reserver {
	info := framework(append(capabilities, mesospb.FrameworkInfo_Capability_PARTITION_AWARE)...)
	r := &reserver{role: "mesostest", principal: target.Principal, refined: len(capabilities) > 0}
	if r.principal == "" {
		r.principal = "mesostest"
	}
	info.Role, info.Principal = &r.role, &r.principal
	r.scheduler = subscribe(t, target, info)
	return r
}

// reserved returns a copy of a resource that is reserved for the framework.
func (r *reserver) reserved(res *mesospb.Resource) *mesospb.Resource {
	c := proto.Clone(res).(*mesospb.Resource)
	info := &mesospb.Resource_ReservationInfo{Principal: &r.principal,
		Labels: &mesospb.Labels{Labels: []*mesospb.Label{{Key: proto.String("owner"), Value: proto.String(r.id)}}}}
	if r.refined {
		info.Role, info.Type = &r.role, mesospb.Resource_ReservationInfo_DYNAMIC.Enum()
		c.Reservations = []*mesospb.Resource_ReservationInfo{info}
		return c
	}
	c.Role, c.Reservation = &r.role, info
	return c
}

// volume returns a persistent volume of that many MB.
func (r *reserver) volume(id string, mb float64) *mesospb.Resource {
	v := r.reserved(scalar("disk", mb))
	v.Disk = &mesospb.Resource_DiskInfo{
		Persistence: &mesospb.Resource_DiskInfo_Persistence{Id: &id, Principal: &r.principal},
		Volume:      &mesospb.Volume{ContainerPath: proto.String("data"), Mode: mesospb.Volume_RW.Enum()},
	}
	return v
}

func reserve(rs ...*mesospb.Resource) *mesospb.Offer_Operation {
	return &mesospb.Offer_Operation{Type: mesospb.Offer_Operation_RESERVE.Enum(), Reserve: &mesospb.Offer_Operation_Reserve{Resources: rs}}
}

func unreserve(rs ...*mesospb.Resource) *mesospb.Offer_Operation {
	return &mesospb.Offer_Operation{Type: mesospb.Offer_Operation_UNRESERVE.Enum(), Unreserve: &mesospb.Offer_Operation_Unreserve{Resources: rs}}
}

func create(rs ...*mesospb.Resource) *mesospb.Offer_Operation {
	return &mesospb.Offer_Operation{Type: mesospb.Offer_Operation_CREATE.Enum(), Create: &mesospb.Offer_Operation_Create{Volumes: rs}}
}

func destroy(rs ...*mesospb.Resource) *mesospb.Offer_Operation {
	return &mesospb.Offer_Operation{Type: mesospb.Offer_Operation_DESTROY.Enum(), Destroy: &mesospb.Offer_Operation_Destroy{Volumes: rs}}
}

// with sends an ACCEPT of one offer with operations, then tasks.
func (r *reserver) with(o *mesospb.Offer, ops []*mesospb.Offer_Operation, tasks ...*mesospb.TaskInfo) {
	r.t.Helper()
	c := accept(0, []*mesospb.Offer{o}, tasks...)
	c.Accept.Operations = append(ops, c.Accept.Operations...)
	r.must(c)
}

// has reports whether an offer contains exactly that resource.
func has(o *mesospb.Offer, want *mesospb.Resource) bool {
	for _, r := range o.Resources {
		c := *r
		c.AllocationInfo = nil
		if proto.Equal(&c, want) {
			return true
		}
	}
	return false
}

// claimed returns what of an offer is reserved by frameworks.
func claimed(o *mesospb.Offer) (rs []*mesospb.Resource) {
	for _, r := range o.Resources {
		if r.Reservation != nil || len(r.Reservations) > 0 && r.Reservations[len(r.Reservations)-1].GetType() == mesospb.Resource_ReservationInfo_DYNAMIC {
			rs = append(rs, r)
		}
	}
	return rs
}

// offerFor waits for an offer of the agent that ok accepts and that suffices for a task,
// and declines others of it.
func (r *reserver) offerFor(agent *mesospb.AgentID, what string, ok func(*mesospb.Offer) bool) *mesospb.Offer {
	r.t.Helper()
	for range 100 {
		o := r.offerOf(agent)
		if ok(o) && amount(o, "cpus") >= 0.3 && amount(o, "mem") >= 64 {
			return o
		}
		r.must(decline(new(float64), o))
	}
	r.t.Fatalf("no offer comes with %s", what)
	return nil
}

func reserveAndCreate(t *testing.T, target Target) { makeAndRemove(t, target, newReserver(t, target)) }
func stackOfReservations(t *testing.T, target Target) {
	makeAndRemove(t, target, newReserver(t, target, mesospb.FrameworkInfo_Capability_RESERVATION_REFINEMENT))
}

func makeAndRemove(t *testing.T, target Target, s *reserver) {
	o := s.offer()
	agent, all := o.AgentId, amount(o, "disk")
	cpus, disk, volume := s.reserved(scalar("cpus", 0.5)), s.reserved(scalar("disk", 32)), s.volume(uuid.NewString(), 16)
	half := s.reserved(scalar("disk", 16))
	s.with(o, []*mesospb.Offer_Operation{reserve(cpus, disk), create(volume)})
	o = s.offerFor(agent, "the volume", func(o *mesospb.Offer) bool { return has(o, volume) })
	if !has(o, cpus) || !has(o, half) || amount(o, "disk") != all {
		t.Errorf("offered %v", o.Resources)
	}
	s.with(o, []*mesospb.Offer_Operation{unreserve(s.reserved(scalar("disk", 32)))}) // half of it is the volume
	o = s.offerFor(agent, "the volume still there", func(o *mesospb.Offer) bool { return has(o, volume) && has(o, half) })

	s.must(simple(mesospb.SchedulerCall_SUPPRESS))
	s.must(decline(new(float64), append(s.offers, o)...))
	s.offers = nil
	other := subscribe(t, target, aware())
	if o := other.offerOf(agent); len(claimed(o)) > 0 || amount(o, "disk") != all-32 {
		t.Errorf("another role is offered %v", o.Resources)
	}
	other.must(simple(mesospb.SchedulerCall_TEARDOWN))
	s.must(simple(mesospb.SchedulerCall_REVIVE))

	o = s.offerFor(agent, "the volume again", func(o *mesospb.Offer) bool { return has(o, volume) })
	s.with(o, []*mesospb.Offer_Operation{destroy(volume), unreserve(cpus, disk)})
	o = s.offerFor(agent, "all that there was", func(o *mesospb.Offer) bool { return amount(o, "disk") == all })
	if got := claimed(o); len(got) > 0 {
		t.Errorf("still reserved: %v", got)
	}
}

func invalidOperations(t *testing.T, target Target) {
	s := newReserver(t, target)
	o := s.offer()
	agent := o.AgentId
	good, bad := s.volume(uuid.NewString(), 16), s.volume("bad", 16)
	base := s.reserved(scalar("disk", 32))
	s.with(o, []*mesospb.Offer_Operation{reserve(base), create(good)})
	changed := func(r *mesospb.Resource, change func(*mesospb.Resource)) *mesospb.Resource {
		r = proto.Clone(r).(*mesospb.Resource)
		change(r)
		return r
	}
	cpu := s.reserved(scalar("cpus", 0.1))
	for name, op := range map[string]*mesospb.Offer_Operation{
		"another role":          reserve(changed(cpu, func(r *mesospb.Resource) { r.Role = proto.String("another") })),
		"role for all":          reserve(changed(cpu, func(r *mesospb.Resource) { r.Role = proto.String("*") })),
		"another principal":     reserve(changed(cpu, func(r *mesospb.Resource) { r.Reservation.Principal = proto.String("another") })),
		"not reserved":          reserve(scalar("cpus", 0.1)),
		"too much":              reserve(s.reserved(scalar("cpus", 100000))),
		"a volume reserved":     reserve(bad),
		"a volume unreserved":   unreserve(good),
		"unreserve what is not": unreserve(cpu),
		"of unreserved disk":    create(changed(bad, func(r *mesospb.Resource) { r.Role, r.Reservation = nil, nil })),
		"no persistence":        create(changed(bad, func(r *mesospb.Resource) { r.Disk.Persistence = nil })),
		"no volume":             create(changed(bad, func(r *mesospb.Resource) { r.Disk.Volume = nil })),
		"a host path":           create(changed(bad, func(r *mesospb.Resource) { r.Disk.Volume.HostPath = proto.String("/tmp") })),
		"a bad id":              create(changed(bad, func(r *mesospb.Resource) { r.Disk.Persistence.Id = proto.String("a/b") })),
		"its id again":          create(good),
		"too large":             create(s.volume("large", 1e6)),
		"no such volume":        destroy(bad),
	} {
		o := s.offerFor(agent, "the volume", func(o *mesospb.Offer) bool { return has(o, good) })
		id := strings.ReplaceAll("after "+name, " ", "-")
		s.with(o, []*mesospb.Offer_Operation{op}, target.task(o, id, "ex-after", finishing()))
		s.status(id, mesospb.TaskState_TASK_FINISHED)
		o = s.offerFor(agent, "an executor", func(o *mesospb.Offer) bool { return len(o.ExecutorIds) > 0 && len(claimed(o)) > 0 })
		if got := claimed(o); len(got) != 2 || !has(o, good) {
			t.Errorf("%s: %v", name, got)
		}
		s.must(decline(new(float64), o))
	}
	o = s.offerFor(agent, "the volume", func(o *mesospb.Offer) bool { return has(o, good) })
	s.with(o, []*mesospb.Offer_Operation{destroy(good), unreserve(base)})
	s.offerFor(agent, "all that there was", func(o *mesospb.Offer) bool { return len(claimed(o)) == 0 })
}

func volumeOfTask(t *testing.T, target Target) {
	s := newReserver(t, target)
	o := s.offer()
	agent := o.AgentId
	volume, base := s.volume(uuid.NewString(), 16), s.reserved(scalar("disk", 16))
	task := func(id string) *mesospb.TaskInfo {
		p := running()
		p.Append = "data/log"
		info := target.task(o, id, "ex-volume-"+id, p)
		info.Resources = append(info.Resources, volume)
		return info
	}
	s.with(o, []*mesospb.Offer_Operation{reserve(base), create(volume)}, task("first"))
	if got := s.said(); got != "first" {
		t.Errorf("the file has %q", got)
	}
	o = s.offerOf(agent)
	if len(claimed(o)) > 0 {
		t.Errorf("a volume in use is offered: %v", o.Resources)
	}
	s.with(o, []*mesospb.Offer_Operation{destroy(volume), unreserve(base)})
	s.must(kill("first", agent))
	s.status("first", mesospb.TaskState_TASK_KILLED)
	o = s.offerFor(agent, "the volume", func(o *mesospb.Offer) bool { return has(o, volume) })
	s.with(o, nil, task("second"))
	if got := s.said(); got != "firstsecond" {
		t.Errorf("the file has %q", got)
	}
	s.must(kill("second", agent))
	s.status("second", mesospb.TaskState_TASK_KILLED)
	o = s.offerFor(agent, "the volume", func(o *mesospb.Offer) bool { return has(o, volume) })
	s.with(o, []*mesospb.Offer_Operation{destroy(volume), create(volume)}, task("third"))
	if got := s.said(); got != "third" {
		t.Errorf("a volume destroyed and made again has %q", got)
	}
	s.must(kill("third", agent))
	s.status("third", mesospb.TaskState_TASK_KILLED)
	o = s.offerFor(agent, "the volume", func(o *mesospb.Offer) bool { return has(o, volume) })
	s.with(o, []*mesospb.Offer_Operation{destroy(volume), unreserve(base)})
	s.offerFor(agent, "all that there was", func(o *mesospb.Offer) bool { return len(claimed(o)) == 0 })
}

// said waits for a message of an executor.
func (s *scheduler) said() string {
	s.t.Helper()
	return string(s.until("message", func(e *mesospb.SchedulerEvent) bool { return e.GetType() == mesospb.SchedulerEvent_MESSAGE }).Message.Data)
}

func operationsWithIDs(t *testing.T, target Target) {
	s := newReserver(t, target)
	o := s.offer()
	agent := o.AgentId
	named := func(op *mesospb.Offer_Operation, id string) *mesospb.Offer_Operation {
		op.Id = &mesospb.OperationID{Value: &id}
		return op
	}
	outcome := func(id string) *mesospb.OperationStatus {
		t.Helper()
		return s.until("status of operation "+id, func(e *mesospb.SchedulerEvent) bool {
			return e.GetUpdateOperationStatus().GetStatus().GetOperationId().GetValue() == id
		}).UpdateOperationStatus.Status
	}
	base := s.reserved(scalar("disk", 16))
	s.with(o, []*mesospb.Offer_Operation{named(reserve(s.reserved(scalar("disk", 1e9))), "impossible"), named(reserve(base), "good")})
	if got := outcome("impossible"); got.GetState() != mesospb.OperationState_OPERATION_ERROR || got.Uuid != nil || got.GetMessage() == "" {
		t.Errorf("impossible: %v", got)
	}
	got := outcome("good")
	if got.GetState() != mesospb.OperationState_OPERATION_FINISHED || len(got.GetUuid().GetValue()) != 16 || got.AgentId.GetValue() != agent.GetValue() {
		t.Errorf("good: %v", got)
	}
	if again := outcome("good"); !proto.Equal(again.Uuid, got.Uuid) {
		t.Errorf("it comes again as %v", again)
	}
	s.must(&mesospb.SchedulerCall{Type: mesospb.SchedulerCall_ACKNOWLEDGE_OPERATION_STATUS.Enum(),
		AcknowledgeOperationStatus: &mesospb.SchedulerCall_AcknowledgeOperationStatus{AgentId: agent, OperationId: got.OperationId, Uuid: got.Uuid.Value}})
	for state := mesospb.OperationState_OPERATION_FINISHED; state != mesospb.OperationState_OPERATION_UNKNOWN; {
		s.must(&mesospb.SchedulerCall{Type: mesospb.SchedulerCall_RECONCILE_OPERATIONS.Enum(),
			ReconcileOperations: &mesospb.SchedulerCall_ReconcileOperations{
				Operations: []*mesospb.SchedulerCall_ReconcileOperations_Operation{{OperationId: got.OperationId, AgentId: agent}}}})
		state = outcome("good").GetState() // the acknowledgement may still be on its way
	}
	o = s.offerFor(agent, "the reservation", func(o *mesospb.Offer) bool { return has(o, base) })
	s.with(o, []*mesospb.Offer_Operation{named(unreserve(base), "undo")})
	if got := outcome("undo"); got.GetState() != mesospb.OperationState_OPERATION_FINISHED {
		t.Errorf("undo: %v", got)
	}
	launch := target.task(o, "with-id", "ex-with-id", running())
	o = s.offerFor(agent, "room for a task", func(o *mesospb.Offer) bool { return true })
	c := accept(0, []*mesospb.Offer{o}, launch)
	named(c.Accept.Operations[0], "launch")
	s.must(c)
	if got := s.anyStatus("with-id"); got.GetState() != mesospb.TaskState_TASK_ERROR {
		t.Errorf("a launch with an operation id: %v", got)
	}
}
