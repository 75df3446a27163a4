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

// A fakeAgent acknowledges everything it receives, unless its test says otherwise.
// It keeps what it received across restarts (stop and serve).
type fakeAgent struct {
	// refuse is the status of the answer to a SUBSCRIBE, if not 0.
	refuse func() (status int)
	// begin is sent after SUBSCRIBED.
	begin []*pb.ExecutorEvent
	// forget is called before an update is acknowledged: true loses the
	// acknowledgement. deny gives another answer than 202, if not 0.
	forget func(n int) bool
	deny   func(n int) int

	mu         sync.Mutex
	stream     chan *pb.ExecutorEvent // of the current subscription
	subscribes []*pb.ExecutorCall
	times      []time.Time
	headers    []http.Header
	paths      []string
	updates    []*pb.TaskStatus // all, by UPDATE
	arrived    []*pb.TaskStatus // all, including by SUBSCRIBE
}

func (a *fakeAgent) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	call := new(pb.ExecutorCall)
	body, _ := io.ReadAll(r.Body)
	if err := call.Unmarshal(body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	a.mu.Lock()
	a.headers = append(a.headers, r.Header)
	a.paths = append(a.paths, r.URL.EscapedPath())
	a.mu.Unlock()
	if call.GetType() == pb.ExecutorCall_UPDATE {
		w.WriteHeader(a.update(call.GetUpdate().GetStatus()))
		return
	}
	a.mu.Lock()
	a.subscribes = append(a.subscribes, call)
	a.times = append(a.times, time.Now())
	if a.refuse != nil {
		if status := a.refuse(); status != 0 {
			a.mu.Unlock()
			http.Error(w, "refused", status)
			return
		}
	}
	for _, u := range call.GetSubscribe().GetUnacknowledgedUpdates() {
		a.arrived = append(a.arrived, u.GetStatus())
	}
	stream := make(chan *pb.ExecutorEvent, 100)
	a.stream = stream
	a.mu.Unlock()
	for _, e := range append([]*pb.ExecutorEvent{welcome()}, a.begin...) {
		sendTo(w, e)
	}
	for {
		select {
		case e := <-stream:
			sendTo(w, e)
			if e == nil {
				return
			}
		case <-r.Context().Done():
			return
		}
	}
}

func sendTo(w http.ResponseWriter, e *pb.ExecutorEvent) {
	if e == nil {
		return
	}
	b, err := e.Marshal()
	if err != nil {
		panic(err)
	}
	recordio.Write(w, b)
	w.(http.Flusher).Flush()
}

func (a *fakeAgent) update(s *pb.TaskStatus) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := len(a.updates)
	a.updates = append(a.updates, s)
	if a.deny != nil {
		if status := a.deny(n); status != 0 {
			return status
		}
	}
	a.arrived = append(a.arrived, s)
	if a.forget == nil || !a.forget(n) {
		a.stream <- acknowledged(s)
	}
	return http.StatusAccepted
}

// send sends an event on the current stream; nil ends it.
func (a *fakeAgent) send(e *pb.ExecutorEvent) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.stream <- e
}

// reported returns the task and state of all updates, in order.
func (a *fakeAgent) reported() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return statuses(a.updates...)
}

// subscription returns the nth SUBSCRIBE: the unacknowledged tasks, then the
// unacknowledged updates.
func (a *fakeAgent) subscription(n int) []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if n >= len(a.subscribes) {
		return []string{fmt.Sprintf("only %d subscriptions", len(a.subscribes))}
	}
	var out []string
	for _, t := range a.subscribes[n].GetSubscribe().GetUnacknowledgedTasks() {
		out = append(out, t.GetTaskId().GetValue())
	}
	for _, u := range a.subscribes[n].GetSubscribe().GetUnacknowledgedUpdates() {
		out = append(out, statuses(u.GetStatus())...)
	}
	return out
}

// stored returns the task and state of everything that arrived, each once, in order.
func (a *fakeAgent) stored() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var once []*pb.TaskStatus
	seen := map[string]bool{}
	for _, s := range a.arrived {
		if !seen[string(s.GetUuid())] {
			seen[string(s.GetUuid())] = true
			once = append(once, s)
		}
	}
	return statuses(once...)
}

func statuses(all ...*pb.TaskStatus) []string {
	var out []string
	for _, s := range all {
		out = append(out, s.GetTaskId().GetValue()+" "+s.GetState().String())
	}
	return out
}

func welcome() *pb.ExecutorEvent {
	return &pb.ExecutorEvent{Type: pb.ExecutorEvent_SUBSCRIBED.Enum(), Subscribed: &pb.ExecutorEvent_Subscribed{
		ExecutorInfo:  &pb.ExecutorInfo{ExecutorId: &pb.ExecutorID{Value: proto.String("E")}},
		FrameworkInfo: &pb.FrameworkInfo{User: proto.String("u"), Name: proto.String("n")},
		AgentInfo:     &pb.AgentInfo{Hostname: proto.String("a")},
	}}
}

func acknowledged(s *pb.TaskStatus) *pb.ExecutorEvent {
	return &pb.ExecutorEvent{Type: pb.ExecutorEvent_ACKNOWLEDGED.Enum(), Acknowledged: &pb.ExecutorEvent_Acknowledged{
		TaskId: s.TaskId, Uuid: s.Uuid,
	}}
}

func task(id string) *pb.TaskInfo {
	return &pb.TaskInfo{Name: &id, TaskId: &pb.TaskID{Value: &id}, AgentId: &pb.AgentID{Value: proto.String("A")}}
}

func launch(id string) *pb.ExecutorEvent {
	return &pb.ExecutorEvent{Type: pb.ExecutorEvent_LAUNCH.Enum(), Launch: &pb.ExecutorEvent_Launch{Task: task(id)}}
}

func shutdown() *pb.ExecutorEvent { return &pb.ExecutorEvent{Type: pb.ExecutorEvent_SHUTDOWN.Enum()} }

func state(task string, s pb.TaskState) *pb.TaskStatus {
	return &pb.TaskStatus{TaskId: &pb.TaskID{Value: &task}, State: &s}
}

// A runningExecutor is a running Executor, and what its handler received.
type runningExecutor struct {
	*Executor
	stop  context.CancelFunc
	ended chan error

	mu       sync.Mutex
	told     []string
	shutdown func() // what the handler does upon SHUTDOWN
}

// work runs an Executor until the test ends.
func work(t *testing.T, n *pipenet.Network, cfg ExecutorConfig) *runningExecutor {
	return workWith(t, n, cfg, func(*Executor) {})
}

// workWith is like work, but prepares the Executor first.
func workWith(t *testing.T, n *pipenet.Network, cfg ExecutorConfig, prepare func(*Executor)) *runningExecutor {
	cfg.FrameworkID, cfg.ExecutorID, cfg.AgentID, cfg.Endpoint = "F", "E", "A", "a:5051"
	cfg.SubscribeWithin = 2 * time.Second
	cfg.Dial = n.Dial
	ctx, stop := context.WithCancel(t.Context())
	c := &runningExecutor{Executor: NewExecutor(cfg), stop: stop, ended: make(chan error, 1)}
	prepare(c.Executor)
	go func() {
		c.ended <- c.Run(ctx, c)
		close(c.ended)
	}()
	t.Cleanup(func() { stop(); <-c.ended })
	return c
}

func (c *runningExecutor) Event(e *pb.ExecutorEvent) {
	c.mu.Lock()
	c.told = append(c.told, fmt.Sprint(e.GetType(), e.GetLaunch().GetTask().GetTaskId().GetValue()))
	then := c.shutdown
	c.mu.Unlock()
	if e.GetType() == pb.ExecutorEvent_SHUTDOWN && then != nil {
		then()
	}
}

func (c *runningExecutor) heard() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	told := c.told
	c.told = nil
	return told
}
