package framework

import (
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// A subscription voids the offers of the one before, also when its end was not heard of.
func TestSubscriptionVoidsOffers(t *testing.T) {
	t.Parallel()
	for name, again := range map[string]message{
		"subscribed again": fromMesos{&mesospb.SchedulerEvent{Type: mesospb.SchedulerEvent_SUBSCRIBED.Enum(), Subscribed: &mesospb.SchedulerEvent_Subscribed{
			FrameworkId: &mesospb.FrameworkID{Value: new("F-1")}}}},
		"disconnected": disconnected{errStory},
	} {
		l := quietLoop(t)
		offerOf(l.agents, makeOffer("o1", "S1", four)) // which the core has not declined
		handle(l, again)
		if len(l.agents.offers) > 0 || len(l.agents.get("S1").offers) > 0 {
			t.Errorf("%s: held are %v", name, l.agents.offers)
		}
	}
}

// Settings are for executors that may live where Mesos can reach them.
func TestSettingsReachLivingExecutors(t *testing.T) {
	t.Parallel()
	l := quietLoop(t)
	l.offered([]*mesospb.Offer{makeOffer("o1", "S1", four), makeOffer("o2", "S2", four), makeOffer("o3", "S3", four)})
	l.agents.get("S1").runs = true
	l.agents.get("S3").tasks["t"] = taskOn("t", "p", 1, "S3", "host-s3")
	l.agents.get("S3").lost = true
	told := func() (agents []string) {
		sent(l, mesospb.SchedulerCall_MESSAGE)
		handle(l, settingsDue{})
		for _, c := range sent(l, mesospb.SchedulerCall_MESSAGE) {
			agents = append(agents, c.GetMessage().GetAgentId().GetValue())
		}
		return agents
	}
	if got := told(); len(got) != 1 || got[0] != "S1" {
		t.Errorf("told on %q, want S1 alone: no executor is on S2, and S3 is lost", got)
	}
	l.agents.get("S3").lost = false
	if got := told(); len(got) != 2 || got[1] != "S3" {
		t.Errorf("told on %q, want S3, which is back, too", got)
	}
	handle(l, disconnected{errStory})
	if got := told(); len(got) > 0 {
		t.Errorf("told on %q without a subscription", got)
	}
}
