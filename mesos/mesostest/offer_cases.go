package mesostest

import (
	"testing"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

func offerCases() []testCase {
	return []testCase{
		{"offer", "an offer names its agent, where that is and what it has", offerShape},
		{"declined for no time", "what is declined with a filter of 0 s is offered again", declinedForNoTime},
		{"declined for long", "what is declined is offered to others, but not to the same framework before it revives", declinedForLong},
		{"dead offers", "declining an offer that is used, unknown or none at all is accepted and changes nothing", deadOffers},
		{"suppress", "a framework that suppresses gets no offers but keeps those it holds, until one REVIVE", suppressed},
	}
}

func offerShape(t *testing.T, target Target) {
	s := subscribe(t, target, aware())
	o := s.offer()
	if o.FrameworkId.GetValue() != s.id || o.AgentId.GetValue() == "" || o.GetHostname() == "" || o.GetUrl().GetAddress().GetPort() == 0 {
		t.Errorf("offered %v", o)
	}
	if amount(o, "cpus") <= 0 || amount(o, "mem") <= 0 {
		t.Errorf("offered %v", o.Resources)
	}
	for _, r := range o.Resources {
		if r.Role == nil || r.AllocationInfo != nil { // the form for a framework without capabilities for more
			t.Errorf("offered %v", r)
		}
	}
}

func declinedForNoTime(t *testing.T, target Target) {
	s := subscribe(t, target, aware())
	first := s.offer()
	s.must(decline(new(float64), first))
	again := s.until("offer of the same agent", func(e *mesospb.SchedulerEvent) bool {
		for _, o := range e.GetOffers().GetOffers() {
			if o.AgentId.GetValue() == first.AgentId.GetValue() {
				return true
			}
		}
		return false
	})
	for _, o := range again.Offers.Offers {
		if o.Id.GetValue() == first.Id.GetValue() {
			t.Error("the offer has the same id")
		}
	}
}

// Offers that one framework declines for a long time all go to others. During that
// time, and until it revives, the first gets none.
func declinedForLong(t *testing.T, target Target) {
	s := subscribe(t, target, aware())
	first := s.offer()
	for _, o := range append(s.offers, first) {
		s.must(decline(proto.Float64(3600), o))
	}
	s.offers = nil
	for range 3 { // whichever framework's turn it is
		other := subscribe(t, target, aware())
		other.offer()
		other.must(simple(mesospb.SchedulerCall_TEARDOWN))
	}
	s.must(reconcile(nil, "marker"))
	for {
		e := s.next()
		if e.GetType() == mesospb.SchedulerEvent_OFFERS {
			t.Fatal("offered in spite of the filter")
		}
		if e.GetType() == mesospb.SchedulerEvent_UPDATE {
			break
		}
	}
	s.must(simple(mesospb.SchedulerCall_REVIVE))
	s.offer()
}

func deadOffers(t *testing.T, target Target) {
	s := subscribe(t, target, aware())
	o := s.offer()
	s.must(decline(new(float64), o))
	s.must(decline(proto.Float64(3600), o))
	s.must(decline(proto.Float64(3600), &mesospb.Offer{Id: &mesospb.OfferID{Value: proto.String("no-such-offer")}}))
	s.must(decline(nil))
	s.offer() // the second decline has left no filter
}

func suppressed(t *testing.T, target Target) {
	s := subscribe(t, target, aware())
	o := s.offer()
	s.must(simple(mesospb.SchedulerCall_SUPPRESS))
	s.must(simple(mesospb.SchedulerCall_SUPPRESS))
	s.must(accept(0, []*mesospb.Offer{o}, target.task(o, "held", "ex-held", finishing())))
	s.status("held", mesospb.TaskState_TASK_RUNNING)
	s.offers = nil
	s.must(simple(mesospb.SchedulerCall_REVIVE))
	s.offer()
}
