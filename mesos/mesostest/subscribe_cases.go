package mesostest

import (
	"bufio"
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

func subscribeCases() []testCase {
	return []testCase{
		{"heartbeats", "SUBSCRIBED comes first and names the interval of heartbeats, the first of which follows at once", heartbeats},
		{"unknown id", "a framework id that this master has never seen is taken as it is", unknownID},
		{"ids disagree", "call and FrameworkInfo must name the same framework id, or neither any", idsDisagree},
		{"bad role", "what is wrong with the content of a FrameworkInfo is told by one ERROR event and the end of the stream", badRole},
		{"JSON", "a client that accepts JSON gets the events as JSON, with the field names of the .proto", jsonStream},
		{"multiple roles", "a framework with roles gets offers allocated to one of them, and tasks may leave the allocation out", since(1, 3, multipleRoles)},
	}
}

func heartbeats(t *testing.T, target Target) {
	s := open(t, target, aware())
	e := s.next()
	if e.GetType() != mesospb.SchedulerEvent_SUBSCRIBED || e.Subscribed.GetHeartbeatIntervalSeconds() <= 0 {
		t.Fatalf("the first event is %v", e)
	}
	s.id = e.Subscribed.FrameworkId.GetValue()
	s.eventually("a heartbeat", func() bool { return s.beats.Load() > 0 })
	s.must(simple(mesospb.SchedulerCall_TEARDOWN))
}

func unknownID(t *testing.T, target Target) {
	info := aware()
	info.Id = &mesospb.FrameworkID{Value: proto.String("mesostest-" + t.Name()[strings.LastIndex(t.Name(), "/")+1:])}
	if s := subscribe(t, target, info); s.id != info.Id.GetValue() {
		t.Errorf("subscribed as %s, not as %s", s.id, info.Id.GetValue())
	}
}

func idsDisagree(t *testing.T, target Target) {
	id := func(s string) *mesospb.FrameworkID { return &mesospb.FrameworkID{Value: &s} }
	for _, c := range []struct {
		name           string
		call, infoID   *mesospb.FrameworkID
		wantBadRequest bool
	}{
		{"only in call", id("a"), nil, true},
		{"only in info", nil, id("a"), true},
		{"different", id("a"), id("b"), true},
	} {
		info := aware()
		info.Id = c.infoID
		status, _ := target.post(t, &mesospb.SchedulerCall{Type: mesospb.SchedulerCall_SUBSCRIBE.Enum(),
			FrameworkId: c.call, Subscribe: &mesospb.SchedulerCall_Subscribe{FrameworkInfo: info}}, nil)
		if status != http.StatusBadRequest {
			t.Errorf("%s: status %d", c.name, status)
		}
	}
}

func badRole(t *testing.T, target Target) {
	info := aware()
	info.Role = proto.String("we b")
	s := open(t, target, info)
	events := s.ended()
	if len(events) != 1 || events[0].GetType() != mesospb.SchedulerEvent_ERROR || !strings.Contains(strings.ToLower(events[0].Error.GetMessage()), "role") {
		t.Errorf("got %v", events)
	}
	if !s.clean {
		t.Error("the stream broke off")
	}
}

func jsonStream(t *testing.T, target Target) {
	body := `{"type":"SUBSCRIBE","subscribe":{"framework_info":{"user":"root","name":"mesostest"}}}`
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, target.url(), strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	target.authorize(r.Header)
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if got := answer.Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type %q", got)
	}
	in := bufio.NewReader(answer.Body)
	if _, err := in.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	start, err := in.Peek(10)
	if err != nil || start[0] != '{' {
		t.Fatalf("the first event begins with %q, %v", start, err)
	}
	event, err := in.ReadBytes('}')
	if err != nil || !bytes.Contains(event, []byte(`"framework_id"`)) {
		t.Errorf("the first event is %q, %v", event, err)
	}
}

func multipleRoles(t *testing.T, target Target) {
	info := framework(mesospb.FrameworkInfo_Capability_PARTITION_AWARE, mesospb.FrameworkInfo_Capability_MULTI_ROLE)
	info.Roles = []string{"mesostest-a", "mesostest-b"}
	s := subscribe(t, target, info)
	o := s.offer()
	if role := o.GetAllocationInfo().GetRole(); !strings.HasPrefix(role, "mesostest-") {
		t.Errorf("the offer is allocated to %q", role)
	}
	for _, r := range o.Resources {
		if r.GetAllocationInfo().GetRole() != o.GetAllocationInfo().GetRole() {
			t.Errorf("offered %v", r)
		}
	}
	s.must(accept(0, []*mesospb.Offer{o}, target.task(o, "role", "ex-role", running())))
	s.status("role", mesospb.TaskState_TASK_RUNNING)
}
