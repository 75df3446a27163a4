package mesostest

import (
	"testing"
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// soon is how long resources that one framework declines may take to reach another.
const soon = 5 * time.Second

func sharingCases() []testCase {
	return []testCase{
		{"next to one that declines", "a second framework gets offers within 5 s while the first has declined all of its for an hour", nextToDecliner},
		{"next to one that suppresses", "the same while the first has suppressed", nextToSuppressor},
		{"several roles", "since 1.3 a framework with MULTI_ROLE is offered in each of its roles, and each offer names one; before, roles are dropped without a word and offers name none", severalRoles},
		{"GPUs", "GPU_RESOURCES is accepted by every release, and the framework is offered what there is", gpus},
	}
}

// servedSoon subscribes a second framework and expects an offer soon.
func servedSoon(t *testing.T, target Target) {
	t.Helper()
	began := time.Now()
	other := subscribe(t, target, aware())
	other.offer()
	if d := time.Since(began); d > soon {
		t.Errorf("the second framework got its first offer after %v", d)
	}
}

func nextToDecliner(t *testing.T, target Target) {
	s := subscribe(t, target, aware())
	first := s.offer()
	s.must(decline(proto.Float64(3600), append(s.offers, first)...))
	servedSoon(t, target)
}

func nextToSuppressor(t *testing.T, target Target) {
	s := subscribe(t, target, aware())
	first := s.offer()
	s.must(simple(mesospb.SchedulerCall_SUPPRESS))
	s.must(decline(new(float64), append(s.offers, first)...))
	servedSoon(t, target)
}

func severalRoles(t *testing.T, target Target) {
	r := target.release(t)
	info := framework(mesospb.FrameworkInfo_Capability_PARTITION_AWARE, mesospb.FrameworkInfo_Capability_MULTI_ROLE)
	info.Roles = []string{"mesostest-a", "mesostest-b"}
	s := subscribe(t, target, info)
	o := s.offer()
	role := o.GetAllocationInfo().GetRole()
	switch {
	case r.before(1, 2) && o.AllocationInfo != nil:
		t.Errorf("release %v offers in role %q", r, role)
	case !r.before(1, 3) && role != "mesostest-a" && role != "mesostest-b":
		t.Errorf("release %v offers in role %q", r, role)
	}
	for _, x := range o.Resources {
		if !r.before(1, 3) && x.GetAllocationInfo().GetRole() != role {
			t.Errorf("an offer in role %q has %v", role, x)
		}
	}
}

func gpus(t *testing.T, target Target) {
	s := subscribe(t, target, framework(mesospb.FrameworkInfo_Capability_PARTITION_AWARE, mesospb.FrameworkInfo_Capability_GPU_RESOURCES))
	o := s.offer()
	info := target.task(o, "plain", "ex-gpu", finishing())
	s.must(accept(0, []*mesospb.Offer{o}, info))
	s.status("plain", mesospb.TaskState_TASK_FINISHED)
}
