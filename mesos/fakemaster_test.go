package mesos

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/gogo/protobuf/proto"
	pb "github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesostest/pipenet"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/recordio"
)

// A fakeMaster answers as its test says, and records the calls.
type fakeMaster struct {
	// stream plays the nth subscription, from 0; when it returns, the stream ends.
	// Nil means stay.
	stream func(n int, s *events)
	// status is the answer to a call; nil is 202.
	status func(context.Context, *pb.SchedulerCall) int

	mu            sync.Mutex
	subscriptions []*pb.SchedulerCall
	times         []time.Time // of subscriptions
	headers       []http.Header
	calls         []*pb.SchedulerCall
}

// events answers a SUBSCRIBE.
type events struct {
	w   http.ResponseWriter
	ctx context.Context
}

func (m *fakeMaster) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	call := new(pb.SchedulerCall)
	body, _ := io.ReadAll(r.Body)
	if err := call.Unmarshal(body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	m.mu.Lock()
	m.headers = append(m.headers, r.Header)
	n := len(m.subscriptions)
	if call.GetType() != pb.SchedulerCall_SUBSCRIBE {
		m.calls = append(m.calls, call)
		m.mu.Unlock()
		status := http.StatusAccepted
		if m.status != nil {
			status = m.status(r.Context(), call)
		}
		w.WriteHeader(status)
		if status != http.StatusAccepted {
			io.WriteString(w, "because")
		}
		return
	}
	m.subscriptions = append(m.subscriptions, call)
	m.times = append(m.times, time.Now())
	m.mu.Unlock()
	s := &events{w: w, ctx: r.Context()}
	if m.stream == nil {
		s.open(15)
		s.stay()
		return
	}
	m.stream(n, s)
}

// open answers 200 and SUBSCRIBED.
func (s *events) open(heartbeat float64) {
	s.head()
	s.send(subscribed(heartbeat))
}

func (s *events) head() {
	s.w.Header().Set("Mesos-Stream-Id", "stream-1")
	s.raw("")
}

func (s *events) send(all ...*pb.SchedulerEvent) {
	for _, e := range all {
		b, err := e.Marshal()
		if err != nil {
			panic(err)
		}
		s.raw(string(recordio.Append(nil, b)))
	}
}

func (s *events) raw(b string) {
	io.WriteString(s.w, b)
	s.w.(http.Flusher).Flush()
}

func (s *events) status(code int, text string) {
	s.w.WriteHeader(code)
	io.WriteString(s.w, text)
}

// redirect answers like a master that is not the leader.
func (s *events) redirect(to string) {
	s.w.Header().Set("Location", "//"+to+"/master/api/v1/scheduler")
	s.w.WriteHeader(http.StatusTemporaryRedirect)
}

// pause waits for d; false means that the other end has closed the stream.
func (s *events) pause(d time.Duration) bool {
	wait(s.ctx, d)
	return s.ctx.Err() == nil
}

// stay keeps the stream open until the other end closes it.
func (s *events) stay() { <-s.ctx.Done() }

func (m *fakeMaster) subscribes() []*pb.SchedulerCall {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]*pb.SchedulerCall(nil), m.subscriptions...)
}

func (m *fakeMaster) received() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []string
	for _, c := range m.calls {
		out = append(out, fmt.Sprint(c.GetType(), " ", c.GetKill().GetTaskId().GetValue(), c.GetAcknowledge().GetTaskId().GetValue()))
	}
	return out
}

func subscribed(heartbeat float64) *pb.SchedulerEvent {
	return &pb.SchedulerEvent{Type: pb.SchedulerEvent_SUBSCRIBED.Enum(), Subscribed: &pb.SchedulerEvent_Subscribed{
		FrameworkId: &pb.FrameworkID{Value: proto.String("F")}, HeartbeatIntervalSeconds: &heartbeat,
	}}
}

func heartbeat() *pb.SchedulerEvent {
	return &pb.SchedulerEvent{Type: pb.SchedulerEvent_HEARTBEAT.Enum()}
}

func rescind(offer string) *pb.SchedulerEvent {
	return &pb.SchedulerEvent{Type: pb.SchedulerEvent_RESCIND.Enum(), Rescind: &pb.SchedulerEvent_Rescind{
		OfferId: &pb.OfferID{Value: &offer},
	}}
}

func errorEvent(message string) *pb.SchedulerEvent {
	return &pb.SchedulerEvent{Type: pb.SchedulerEvent_ERROR.Enum(), Error: &pb.SchedulerEvent_Error{Message: &message}}
}

func frameworkInfo() *pb.FrameworkInfo {
	return &pb.FrameworkInfo{User: proto.String("u"), Name: proto.String("n")}
}

// A runningScheduler is a Scheduler, and what its handler received.
type runningScheduler struct {
	t *testing.T
	*Scheduler
	stop  context.CancelFunc
	ended chan error

	mu    sync.Mutex
	told  []string
	block chan struct{} // handlers wait here, if it is not nil
}

// live runs a Scheduler until the test ends, after calling prepare.
func live(t *testing.T, n *pipenet.Network, cfg SchedulerConfig, prepare ...func(*runningScheduler)) *runningScheduler {
	t.Helper()
	cfg.Dial = n.Dial
	s, err := NewScheduler(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	l := &runningScheduler{t: t, Scheduler: s, stop: stop, ended: make(chan error, 1)}
	for _, p := range prepare {
		p(l)
	}
	go func() {
		l.ended <- s.Run(ctx, frameworkInfo, l)
		close(l.ended)
	}()
	t.Cleanup(func() { stop(); <-l.ended })
	return l
}

func (l *runningScheduler) Event(e *pb.SchedulerEvent) {
	l.tell(fmt.Sprint(e.GetType(), e.GetRescind().GetOfferId().GetValue()))
	if l.block != nil {
		<-l.block
	}
}

func (l *runningScheduler) Disconnected(err error) { l.tell("disconnected: " + err.Error()) }

func (l *runningScheduler) tell(s string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told = append(l.told, s)
}

// heard returns what the handler has received since the last call.
func (l *runningScheduler) heard() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	told := l.told
	l.told = nil
	return told
}
