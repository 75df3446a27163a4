package faultproxy_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesostest/faultproxy"
)

// A call's type is recognized in both encodings, for both APIs; requests that are
// not calls are passed on too.
func TestCallTypes(t *testing.T) {
	t.Parallel()
	kill, err := proto.Marshal(&mesospb.SchedulerCall{Type: mesospb.SchedulerCall_KILL.Enum()})
	if err != nil {
		t.Fatal(err)
	}
	update, err := proto.Marshal(&mesospb.ExecutorCall{Type: mesospb.ExecutorCall_UPDATE.Enum(),
		ExecutorId: &mesospb.ExecutorID{Value: proto.String("e")}, FrameworkId: &mesospb.FrameworkID{Value: proto.String("f")}})
	if err != nil {
		t.Fatal(err)
	}
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) }))
	defer target.Close()
	var seen []string
	p := faultproxy.New(strings.TrimPrefix(target.URL, "http://"), nil, func(call string, _ int) faultproxy.Fault {
		seen = append(seen, call)
		return faultproxy.Fault{}
	})
	defer p.Close()
	proxy := httptest.NewServer(p)
	defer proxy.Close()
	for _, c := range []struct{ path, media, body string }{
		{"/api/v1/scheduler", "application/x-protobuf", string(kill)},
		{"/slave(1)/api/v1/executor", "application/x-protobuf", string(update)},
		{"/api/v1/scheduler", "application/json", `{"type":"REVIVE"}`},
		{"/api/v1/executor", "application/json", `{`},
		{"/api/v1/scheduler", "application/x-protobuf", "\xff"},
	} {
		answer, err := http.Post(proxy.URL+c.path, c.media, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil || string(got) != c.body {
			t.Errorf("%q came back as %q, %v", c.body, got, err)
		}
	}
	if !slices.Equal(seen, []string{"KILL", "UPDATE", "REVIVE", "", ""}) {
		t.Errorf("seen %q", seen)
	}
}

// A held-back call arrives after a later one of another type.
func TestOvertaking(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var order []string
	target := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		order = append(order, string(b))
	}))
	defer target.Close()
	held := make(chan struct{})
	p := faultproxy.New(strings.TrimPrefix(target.URL, "http://"), nil, func(call string, _ int) faultproxy.Fault {
		if call == "DECLINE" {
			close(held)
			return faultproxy.Fault{Until: "REVIVE"}
		}
		return faultproxy.Fault{}
	})
	defer p.Close()
	proxy := httptest.NewServer(p)
	defer proxy.Close()
	post := func(body string) {
		answer, err := http.Post(proxy.URL+"/api/v1/scheduler", "application/json", strings.NewReader(body))
		if err != nil {
			t.Error(err)
			return
		}
		answer.Body.Close()
	}
	var declined sync.WaitGroup
	declined.Go(func() { post(`{"type":"DECLINE"}`) })
	<-held
	post(`{"type":"REVIVE"}`)
	declined.Wait()
	if !slices.Equal(order, []string{`{"type":"REVIVE"}`, `{"type":"DECLINE"}`}) {
		t.Errorf("arrived %q", order)
	}
}
