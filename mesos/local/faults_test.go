package local_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

func canceled(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

// With faults on, at odds at which things still get done, tasks run and end: what is
// lost is sent again.
func TestFaults(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			t.Parallel()
			cfg := quick()
			cfg.Faults = local.Faults{Seed: seed, RescindOffers: 0.2, RescindAfter: time.Millisecond, SwallowUpdates: 0.3,
				DuplicateUpdates: 0.3, SwallowAcknowledgements: 0.2, SlowAcknowledgements: 10 * time.Millisecond,
				RefuseCalls: 0.01, LoseAnswers: 0.01}
			f := connect(t, start(t, cfg))
			for i := range 5 {
				f.persist(fmt.Sprint("task-", i))
			}
		})
	}
}

// persist launches a task under new ids until it runs, and kills it until it ends.
func (f *framework) persist(name string) {
	f.t.Helper()
	for attempt := 0; ; attempt++ {
		id := fmt.Sprint(name, ".", attempt)
		o := f.offer()
		f.accept(o, task(f.t, o, id, "ex", run))
		if f.settled(id, func() { f.send(mesos.Reconcile(mesos.TaskRef{Task: id, Agent: o.AgentId.GetValue()})) }) == mesospb.TaskState_TASK_RUNNING {
			f.settledAfter(id, mesospb.TaskState_TASK_RUNNING, func() { f.send(mesos.Kill(id, o.AgentId.GetValue(), 0)) })
			return
		}
	}
}

// settled repeats a call until the task is in a state past STAGING.
func (f *framework) settled(id string, ask func()) mesospb.TaskState {
	f.t.Helper()
	return f.settledAfter(id, mesospb.TaskState_TASK_STAGING, ask)
}

func (f *framework) settledAfter(id string, old mesospb.TaskState, ask func()) (state mesospb.TaskState) {
	f.t.Helper()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	deadline := time.After(patience)
	for {
		select {
		case <-ticker.C:
			ask()
		case <-deadline:
			f.t.Fatalf("%s stays in %v", id, old)
		case e := <-f.events:
			f.note(e)
			if s := e.GetUpdate().GetStatus(); s.GetTaskId().GetValue() == id && s.GetState() != old {
				return s.GetState()
			}
		}
	}
}

func TestFailedFetch(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.Faults.FailFetches = 1
	f := connect(t, start(t, cfg))
	o := f.offer()
	f.accept(o, task(t, o, "f", "ex-f", run))
	if got := f.failure("ex-f").GetStatus(); got != 256 {
		t.Errorf("FAILURE with status %d", got)
	}
	if s := f.status("f", mesospb.TaskState_TASK_FAILED); s.GetReason() != mesospb.TaskStatus_REASON_CONTAINER_LAUNCH_FAILED {
		t.Errorf("%v", s)
	}
}

// With configured credentials, no client gets in without them or acts for another.
func TestAuthentication(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.Credentials = map[string]string{"fw": "secret", "other": "word"}
	m := start(t, cfg)
	f := connect(t, m, func(i *mesospb.FrameworkInfo, c *mesos.SchedulerConfig) { c.Principal, c.Secret = "fw", "secret" })
	f.launch("a", "ex-a", run)
	for _, c := range []mesos.SchedulerConfig{
		{}, {Principal: "fw", Secret: "wrong"}, {Principal: "nobody", Secret: "secret"},
	} {
		c.Master = m.Addr()
		s, err := mesos.NewScheduler(c)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		h := &refused{cancel: cancel}
		if err := s.Run(ctx, func() *mesospb.FrameworkInfo { return f.info }, h); h.err == nil && (err == nil || errors.Is(err, context.DeadlineExceeded)) {
			t.Errorf("%s was let in: %v", c.Principal, err)
		}
	}
}

// A cut stream ends within a record, after the earlier events.
func TestCutStreams(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.Faults.CutStreams = 1
	m := start(t, cfg)
	s, err := mesos.NewScheduler(mesos.SchedulerConfig{Master: m.Addr()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	h := &refused{cancel: cancel}
	info := &mesospb.FrameworkInfo{User: proto.String("root"), Name: proto.String("cut")}
	if err := s.Run(ctx, func() *mesospb.FrameworkInfo { return info }, h); errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if h.events == 0 || !errors.Is(h.err, io.ErrUnexpectedEOF) {
		t.Errorf("after %d events: %v", h.events, h.err)
	}
}

// refused gives up at the first refusal.
type refused struct {
	cancel func()
	events int
	err    error
}

func (r *refused) Event(*mesospb.SchedulerEvent) { r.events++ }
func (r *refused) Disconnected(err error)        { r.err = err; r.cancel() }
