package mesostest

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

func httpCases() []testCase {
	return []testCase{
		{"request forms", "a call is a POST whose Content-Type is one of two, letter by letter", requestForms},
		{"incomplete calls", "a call without what its type needs is 400", incompleteCalls},
		{"stream id", "every call but SUBSCRIBE carries the Mesos-Stream-Id of the stream, byte by byte, and SUBSCRIBE none", streamID},
		{"unknown framework", "a call of a framework that the master does not know is 400", unknownFramework},
		{"pages", "the version can be asked for without a subscription, and the leader names itself", pages},
	}
}

func (target Target) url() string { return "http://" + target.Master + "/api/v1/scheduler" }

func (target Target) authorize(h http.Header) {
	if target.Principal != "" {
		r := http.Request{Header: h}
		r.SetBasicAuth(target.Principal, target.Secret)
	}
}

// post sends a call outside of any subscription.
func (target Target) post(t *testing.T, c *mesospb.SchedulerCall, header http.Header) (int, string) {
	t.Helper()
	h := http.Header{}
	target.authorize(h)
	for k, v := range header {
		h[k] = v
	}
	answer, err := post(t.Context(), target.url(), h, c)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusOK {
		return answer.StatusCode, ""
	}
	text, _ := io.ReadAll(answer.Body)
	return answer.StatusCode, strings.TrimSpace(string(text))
}

func requestForms(t *testing.T, target Target) {
	s := subscribe(t, target, aware())
	binary, err := proto.Marshal(&mesospb.SchedulerCall{Type: mesospb.SchedulerCall_REVIVE.Enum(), FrameworkId: &mesospb.FrameworkID{Value: &s.id}})
	if err != nil {
		t.Fatal(err)
	}
	text := []byte(`{"framework_id":{"value":"` + s.id + `"},"type":"REVIVE","no_such_field":1}`)
	for _, c := range []struct {
		name, method, contentType string
		body                      []byte
		want                      int
	}{
		{"protobuf", "POST", protobufType, binary, 202},
		{"JSON, with an unknown field", "POST", "application/json", text, 202},
		{"no Content-Type", "POST", "", binary, 400},
		{"charset", "POST", "application/json; charset=utf-8", text, 415},
		{"upper case", "POST", "APPLICATION/JSON", text, 415},
		{"text", "POST", "text/plain", text, 415},
		{"JSON called protobuf", "POST", protobufType, text, 400},
		{"empty JSON", "POST", "application/json", nil, 400},
		{"half a JSON", "POST", "application/json", text[:20], 400},
		{"two JSONs", "POST", "application/json", append(bytes.Clone(text), text...), 400},
		{"GET", "GET", protobufType, nil, 405},
		{"PUT", "PUT", protobufType, binary, 405},
	} {
		r, err := http.NewRequestWithContext(t.Context(), c.method, s.url, bytes.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header = s.header.Clone()
		if c.contentType != "" {
			r.Header.Set("Content-Type", c.contentType)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != c.want {
			t.Errorf("%s: %d, want %d", c.name, answer.StatusCode, c.want)
		}
	}
}

func incompleteCalls(t *testing.T, target Target) {
	s := subscribe(t, target, aware())
	for _, c := range []mesospb.SchedulerCall_Type{
		mesospb.SchedulerCall_ACCEPT, mesospb.SchedulerCall_DECLINE, mesospb.SchedulerCall_KILL,
		mesospb.SchedulerCall_SHUTDOWN, mesospb.SchedulerCall_ACKNOWLEDGE, mesospb.SchedulerCall_RECONCILE,
		mesospb.SchedulerCall_MESSAGE, mesospb.SchedulerCall_ACCEPT_INVERSE_OFFERS, mesospb.SchedulerCall_DECLINE_INVERSE_OFFERS,
	} {
		want := "Expecting '" + strings.ToLower(c.String()) + "' to be present"
		if status, text := s.call(simple(c)); status != 400 || !strings.Contains(text, want) {
			t.Errorf("%v without a body: %d %s", c, status, text)
		}
	}
	if status, text := s.call(&mesospb.SchedulerCall{}); status != 400 {
		t.Errorf("no type: %d %s", status, text)
	}
	short := &mesospb.SchedulerCall_Acknowledge{AgentId: &mesospb.AgentID{Value: proto.String("a")},
		TaskId: &mesospb.TaskID{Value: proto.String("t")}, Uuid: []byte{1, 2}}
	if status, text := s.call(&mesospb.SchedulerCall{Type: mesospb.SchedulerCall_ACKNOWLEDGE.Enum(), Acknowledge: short}); status != 400 {
		t.Errorf("uuid of 2 bytes: %d %s", status, text)
	}
}

func streamID(t *testing.T, target Target) {
	s := subscribe(t, target, aware())
	right := s.header.Get("Mesos-Stream-Id")
	revive := &mesospb.SchedulerCall{Type: mesospb.SchedulerCall_REVIVE.Enum(), FrameworkId: &mesospb.FrameworkID{Value: &s.id}}
	for id, want := range map[string]int{right: 202, strings.ToUpper(right): 400, "abc": 400, "": 400} {
		if status, text := target.post(t, revive, http.Header{"Mesos-Stream-Id": {id}}); status != want {
			t.Errorf("stream id %q: %d %s", id, status, text)
		}
	}
	if status, text := target.post(t, revive, nil); status != 400 || !strings.Contains(text, "Mesos-Stream-Id") {
		t.Errorf("no stream id: %d %s", status, text)
	}
	again := &mesospb.SchedulerCall{Type: mesospb.SchedulerCall_SUBSCRIBE.Enum(),
		Subscribe: &mesospb.SchedulerCall_Subscribe{FrameworkInfo: aware()}}
	if status, text := target.post(t, again, http.Header{"Mesos-Stream-Id": {right}}); status != 400 {
		t.Errorf("SUBSCRIBE with a stream id: %d %s", status, text)
	}
}

func unknownFramework(t *testing.T, target Target) {
	status, text := target.post(t, &mesospb.SchedulerCall{Type: mesospb.SchedulerCall_REVIVE.Enum(),
		FrameworkId: &mesospb.FrameworkID{Value: proto.String("no-such-framework")}}, http.Header{"Mesos-Stream-Id": {"x"}})
	if status != 400 || text != "Framework cannot be found" {
		t.Errorf("%d %s", status, text)
	}
}

func pages(t *testing.T, target Target) {
	for path, want := range map[string]int{"/version": 200, "/health": 200, "/state": 200, "/master/state": 200, "/redirect": 307, "/master/redirect": 307, "/no-such-page": 404} {
		client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+target.Master+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("%s: %s", path, answer.Status)
		}
		if want == 307 && !strings.HasPrefix(answer.Header.Get("Location"), "//") {
			t.Errorf("%s leads to %q", path, answer.Header.Get("Location"))
		}
	}
}
