package executor

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gogo/protobuf/proto"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// idleAfter is so short that tasks often come while an executor ends.
const idleAfter = 20 * time.Millisecond

// apiServer stands for the API server in a test: a pod is over as soon as it is bound.
type apiServer struct {
	mu    sync.Mutex
	bound []Pod
	lives int // of executors
}

func (a *apiServer) bind(uid string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.bound = []Pod{{Ref: Ref{Namespace: "default", Name: uid, UID: uid}, Phase: Succeeded}}
}

func (a *apiServer) pods() []Pod {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.bound
}

// node is a node without containers.
type node struct{ api *apiServer }

func (n node) Run(ctx context.Context, _ Spec, o Observer) error {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		o.Pods(n.api.pods())
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

func (node) SetServers([]string) error                         { return nil }
func (node) Hold(string, Amount)                               {}
func (node) Delete(context.Context, Ref, *time.Duration) error { return nil }
func (node) Running(context.Context, string) (bool, error)     { return false, nil }
func (node) Drain(context.Context) error                       { return nil }
func (a *apiServer) simulate(ctx context.Context, env map[string]string, _ *mesospb.ExecutorInfo) int {
	a.mu.Lock()
	a.lives++
	a.mu.Unlock()
	cfg, err := mesos.ExecutorFromEnv(func(name string) string { return env[name] })
	if err != nil {
		return 2
	}
	e, err := New(Config{Mesos: mesos.NewExecutor(cfg), Runner: node{a}, Grace: cfg.ShutdownGrace})
	if err != nil {
		return 2
	}
	if err := e.Run(ctx); err != nil && !errors.Is(err, mesos.ErrShutdown) {
		return 1
	}
	return 0
}

// events hands a scheduler's events to the test.
type events chan *mesospb.SchedulerEvent

func (e events) Event(ev *mesospb.SchedulerEvent) { e <- ev }
func (e events) Disconnected(error)               {}

// A task launched at about the time when the idle executor ends either runs, or the
// agent reports that it never began: then it is launched again, and runs.
func TestIdleRace(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			t.Parallel()
			race(t, rand.New(rand.NewPCG(seed, 0)), 40)
		})
	}
}

func race(t *testing.T, dice *rand.Rand, rounds int) {
	api := &apiServer{}
	m, err := local.New(local.Config{Resources: "cpus:4;mem:1024", AllocationInterval: 5 * time.Millisecond, Simulate: api.simulate})
	if err != nil {
		t.Fatal(err)
	}
	scheduler, err := mesos.NewScheduler(mesos.SchedulerConfig{Master: m.Addr()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var all sync.WaitGroup
	t.Cleanup(func() { stop(); all.Wait() })
	all.Go(func() { _ = m.Run(ctx) })
	s := &story{t: t, api: api, scheduler: scheduler, events: make(events, 1000)}
	all.Go(func() {
		_ = scheduler.Run(ctx, func() *mesospb.FrameworkInfo {
			return &mesospb.FrameworkInfo{User: proto.String("root"), Name: proto.String("race"), Checkpoint: proto.Bool(true),
				FailoverTimeout: proto.Float64(60), Capabilities: []*mesospb.FrameworkInfo_Capability{
					{Type: mesospb.FrameworkInfo_Capability_PARTITION_AWARE.Enum()}}}
		}, s.events)
	})
	late := map[string]int{}
	for round := range rounds {
		for attempt := 0; ; attempt++ {
			how := s.launch(fmt.Sprintf("%d.%d", round, attempt), time.Duration(dice.Int64N(int64(2*idleAfter))))
			if how == "FINISHED" {
				break
			}
			late[how]++
		}
	}
	t.Logf("%d tasks, %d executors, and these tasks came too late: %v", rounds, api.lives, late)
	if api.lives < 2 {
		t.Error("no executor has ended")
	}
}

// story is the test in the role of a framework.
type story struct {
	t         *testing.T
	api       *apiServer
	scheduler *mesos.Scheduler
	events    events
	offers    []*mesospb.Offer // held offers
}

// launch launches a task after a while and returns how it ended: FINISHED, or the
// agent's report that it never began.
func (s *story) launch(id string, after time.Duration) string {
	s.t.Helper()
	due := time.After(after)
	launched, started := false, false
	limit := time.After(20 * time.Second)
	for {
		if due == nil && len(s.offers) > 0 && !launched {
			launched = true
			s.accept(id)
		}
		select {
		case <-due:
			due = nil
		case e := <-s.events:
			if how := s.event(e, id, &started); how != "" {
				return how
			}
		case <-limit:
			s.t.Fatalf("task %s: nothing more is heard of it", id)
		}
	}
}

// event handles an event and returns how task id has ended.
func (s *story) event(e *mesospb.SchedulerEvent, id string, started *bool) string {
	s.offers = append(s.offers, e.GetOffers().GetOffers()...)
	if r := e.GetRescind(); r != nil {
		s.offers = slices.DeleteFunc(s.offers, func(o *mesospb.Offer) bool { return o.GetId().GetValue() == r.GetOfferId().GetValue() })
	}
	status := e.GetUpdate().GetStatus()
	if status == nil {
		return ""
	}
	if len(status.Uuid) > 0 {
		s.send(mesos.Acknowledge(status.GetTaskId().GetValue(), status.GetAgentId().GetValue(), status.Uuid))
	}
	if status.GetTaskId().GetValue() != id {
		return ""
	}
	byExecutor := status.GetSource() == mesospb.TaskStatus_SOURCE_EXECUTOR
	switch state := status.GetState(); {
	case state == mesospb.TaskState_TASK_STARTING && byExecutor:
		*started = true
		s.api.bind(id)
	case state == mesospb.TaskState_TASK_FINISHED && byExecutor:
		return "FINISHED"
	case byExecutor || *started:
		s.t.Fatalf("task %s, which was begun: %v, %v", id, *started, status)
	default:
		return fmt.Sprint(state, " by ", status.GetSource(), ", ", status.GetReason())
	}
	return ""
}

func (s *story) accept(id string) {
	agent := s.offers[0].GetAgentId().GetValue()
	var ids []string
	for _, o := range s.offers {
		ids = append(ids, o.GetId().GetValue())
	}
	data, err := taskdata.Data{Namespace: "default", Name: id, UID: id, Node: "node",
		Cluster: taskdata.Cluster{Servers: []string{"https://api:6443"}, IdleTimeout: idleAfter}}.Encode()
	if err != nil {
		s.t.Fatal(err)
	}
	s.send(mesos.Accept(ids, 0, mesos.Launch(&mesospb.TaskInfo{
		Name: &id, TaskId: &mesospb.TaskID{Value: &id}, AgentId: &mesospb.AgentID{Value: &agent}, Data: data,
		Resources: []*mesospb.Resource{scalar("cpus", 0.1), scalar("mem", 32)},
		Executor: &mesospb.ExecutorInfo{ExecutorId: &mesospb.ExecutorID{Value: proto.String(taskdata.ExecutorID)},
			Resources: []*mesospb.Resource{scalar("cpus", 0.1), scalar("mem", 32)},
			Command:   &mesospb.CommandInfo{Value: proto.String("simulated")}},
	})))
	s.offers = nil
}

func (s *story) send(c *mesospb.SchedulerCall) {
	if err := s.scheduler.Send(s.t.Context(), c); err != nil {
		s.t.Fatal(err)
	}
}
