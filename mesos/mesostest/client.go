package mesostest

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/recordio"
)

// patience is how long an event may take before a case fails. It is not a pause: an
// earlier event is handled earlier.
const patience = time.Minute

const protobufType = "application/x-protobuf"

// post sends one message to a scheduler or executor endpoint.
func post(ctx context.Context, url string, header http.Header, message proto.Message) (*http.Response, error) {
	body, err := proto.Marshal(message)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header = header.Clone()
	r.Header.Set("Content-Type", protobufType)
	r.Header.Set("Accept", protobufType)
	return http.DefaultClient.Do(r)
}

// scheduler is one subscription of a framework, read by a goroutine.
type scheduler struct {
	t      *testing.T
	url    string
	id     string // of the framework
	header http.Header
	events chan *mesospb.SchedulerEvent // closed when the stream ends
	beats  atomic.Int64                 // heartbeats seen
	clean  bool                         // it ended with the closing chunk; valid once events is closed
	close  func()

	release release // of the master
	asked   int     // how often we waited for an executor

	auto   bool                      // acknowledge everything that has a uuid
	acked  map[string]bool           // uuids acknowledged that way
	offers []*mesospb.Offer          // held and not rescinded
	passed []*mesospb.SchedulerEvent // updates that came while waiting for something else
}

// subscribe opens a stream and reads its SUBSCRIBED event. The framework is torn
// down at the end of the test, if it still exists.
func subscribe(t *testing.T, target Target, info *mesospb.FrameworkInfo) *scheduler {
	t.Helper()
	s := open(t, target, info)
	e := s.next()
	if e == nil || e.GetType() != mesospb.SchedulerEvent_SUBSCRIBED {
		t.Fatalf("the first event is %v, not SUBSCRIBED", e)
	}
	s.id = e.Subscribed.FrameworkId.GetValue()
	t.Cleanup(func() { s.call(&mesospb.SchedulerCall{Type: mesospb.SchedulerCall_TEARDOWN.Enum()}) })
	return s
}

// open sends SUBSCRIBE and reads whatever comes.
func open(t *testing.T, target Target, info *mesospb.FrameworkInfo) *scheduler {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s := &scheduler{t: t, release: target.release(t), url: "http://" + target.Master + "/api/v1/scheduler", auto: true,
		acked: map[string]bool{}, id: info.GetId().GetValue(), header: http.Header{}, events: make(chan *mesospb.SchedulerEvent, 10_000)}
	if target.Principal != "" {
		r := http.Request{Header: s.header}
		r.SetBasicAuth(target.Principal, target.Secret)
	}
	answer, err := post(ctx, s.url, s.header, &mesospb.SchedulerCall{
		Type: mesospb.SchedulerCall_SUBSCRIBE.Enum(), FrameworkId: info.Id,
		Subscribe: &mesospb.SchedulerCall_Subscribe{FrameworkInfo: info},
	})
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(answer.Body)
		t.Fatalf("SUBSCRIBE: %s %s", answer.Status, text)
	}
	s.header["Mesos-Stream-Id"] = answer.Header["Mesos-Stream-Id"]
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(s.events)
		records := recordio.NewReader(answer.Body, 1<<28)
		for {
			record, err := records.ReadRecord()
			if err != nil {
				s.clean = err == io.EOF
				return
			}
			e := &mesospb.SchedulerEvent{}
			if err := proto.Unmarshal(record, e); err != nil {
				return
			}
			if e.GetType() == mesospb.SchedulerEvent_HEARTBEAT {
				s.beats.Add(1)
				continue
			}
			s.events <- e
		}
	}()
	s.close = func() { cancel(); answer.Body.Close(); <-done }
	t.Cleanup(s.close)
	return s
}

// call sends a call of this framework and returns the status and its text.
func (s *scheduler) call(c *mesospb.SchedulerCall) (int, string) {
	s.t.Helper()
	if c.FrameworkId == nil {
		c.FrameworkId = &mesospb.FrameworkID{Value: &s.id}
	}
	answer, err := post(context.Background(), s.url, s.header, c)
	if err != nil {
		return 0, err.Error()
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	return answer.StatusCode, strings.TrimSpace(string(text))
}

// must sends a call that has to be accepted.
func (s *scheduler) must(c *mesospb.SchedulerCall) {
	s.t.Helper()
	if status, text := s.call(c); status != http.StatusAccepted {
		s.t.Fatalf("%v: %d %s", c.GetType(), status, text)
	}
}

// next returns the next event, or nil if the stream has ended, and fails if none
// comes. It acknowledges updates on the way if auto is set.
func (s *scheduler) next() *mesospb.SchedulerEvent {
	s.t.Helper()
	select {
	case e := <-s.events:
		s.note(e)
		return e
	case <-time.After(patience):
		s.t.Fatal("no event comes")
		return nil
	}
}

func (s *scheduler) note(e *mesospb.SchedulerEvent) {
	switch e.GetType() {
	case mesospb.SchedulerEvent_OFFERS:
		s.offers = append(s.offers, e.Offers.Offers...)
	case mesospb.SchedulerEvent_RESCIND:
		s.drop(e.Rescind.OfferId.GetValue())
	case mesospb.SchedulerEvent_UPDATE:
		if s.auto {
			s.acknowledge(e.Update.Status)
			if id := e.Update.Status.Uuid; len(id) > 0 {
				s.acked[string(id)] = true
			}
		}
	}
}

// repeated reports whether a status came again while its acknowledgement was on the way.
func (s *scheduler) repeated(e *mesospb.SchedulerEvent) bool {
	return s.acked[string(e.GetUpdate().GetStatus().GetUuid())]
}

func (s *scheduler) drop(id string) {
	for i, o := range s.offers {
		if o.Id.GetValue() == id {
			s.offers = append(s.offers[:i:i], s.offers[i+1:]...)
			return
		}
	}
}

func (s *scheduler) acknowledge(status *mesospb.TaskStatus) {
	s.t.Helper()
	if len(status.Uuid) > 0 {
		s.must(&mesospb.SchedulerCall{Type: mesospb.SchedulerCall_ACKNOWLEDGE.Enum(),
			Acknowledge: &mesospb.SchedulerCall_Acknowledge{AgentId: status.AgentId, TaskId: status.TaskId, Uuid: status.Uuid}})
	}
}
