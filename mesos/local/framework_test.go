package local_test

import (
	"context"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesostest"
)

// patience is how long something may take before a test fails.
const patience = time.Minute

// framework is a scheduler that uses our own client.
type framework struct {
	t         testing.TB
	scheduler *mesos.Scheduler
	info      *mesospb.FrameworkInfo
	id        string
	events    chan *mesospb.SchedulerEvent
	ended     chan error
	stop      func()
	offers    []*mesospb.Offer // held
}

func (f *framework) Event(e *mesospb.SchedulerEvent) { f.events <- e }
func (f *framework) Disconnected(error)              {}

// connect subscribes a framework and waits until it is subscribed.
func connect(t testing.TB, m *local.Mesos, change ...func(*mesospb.FrameworkInfo, *mesos.SchedulerConfig)) *framework {
	t.Helper()
	cfg := mesos.SchedulerConfig{Master: m.Addr()}
	info := &mesospb.FrameworkInfo{User: proto.String("root"), Name: proto.String("test"), Checkpoint: proto.Bool(true), FailoverTimeout: proto.Float64(60),
		Capabilities: []*mesospb.FrameworkInfo_Capability{{Type: mesospb.FrameworkInfo_Capability_PARTITION_AWARE.Enum()}}}
	for _, c := range change {
		c(info, &cfg)
	}
	s, err := mesos.NewScheduler(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	f := &framework{t: t, scheduler: s, info: info, events: make(chan *mesospb.SchedulerEvent, 10_000), ended: make(chan error, 1), stop: cancel}
	go func() {
		f.ended <- s.Run(ctx, func() *mesospb.FrameworkInfo {
			return proto.Clone(f.info).(*mesospb.FrameworkInfo)
		}, f)
	}()
	t.Cleanup(cancel)
	e := f.until("SUBSCRIBED", func(e *mesospb.SchedulerEvent) bool { return e.Subscribed != nil })
	f.id = e.Subscribed.FrameworkId.GetValue()
	f.info.Id = e.Subscribed.FrameworkId
	return f
}

// until returns the first event that ok accepts, acknowledging updates on the way.
func (f *framework) until(what string, ok func(*mesospb.SchedulerEvent) bool) *mesospb.SchedulerEvent {
	f.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case e := <-f.events:
			f.note(e)
			if ok(e) {
				return e
			}
		case <-deadline:
			f.t.Fatalf("no %s comes", what)
		}
	}
}

// note acknowledges updates and keeps offers.
func (f *framework) note(e *mesospb.SchedulerEvent) {
	f.t.Helper()
	if s := e.GetUpdate().GetStatus(); len(s.GetUuid()) > 0 {
		f.send(mesos.Acknowledge(s.TaskId.GetValue(), s.AgentId.GetValue(), s.Uuid))
	}
	f.offers = append(f.offers, e.GetOffers().GetOffers()...)
	f.offers = slices.DeleteFunc(f.offers, func(o *mesospb.Offer) bool {
		return e.Subscribed != nil || e.Rescind != nil && o.Id.GetValue() == e.Rescind.OfferId.GetValue()
	})
}

func (f *framework) send(c *mesospb.SchedulerCall) {
	f.t.Helper()
	if err := f.scheduler.Send(f.t.Context(), c); err != nil {
		f.t.Logf("%v: %v", c.GetType(), err)
	}
}

func (f *framework) offer() *mesospb.Offer {
	f.t.Helper()
	for len(f.offers) == 0 {
		f.until("offer", func(e *mesospb.SchedulerEvent) bool { return e.Offers != nil })
	}
	o := f.offers[0]
	f.offers = f.offers[1:]
	return o
}

func (f *framework) status(task string, state mesospb.TaskState) *mesospb.TaskStatus {
	f.t.Helper()
	return f.until(task+" "+state.String(), func(e *mesospb.SchedulerEvent) bool {
		s := e.GetUpdate().GetStatus()
		return s.GetTaskId().GetValue() == task && s.GetState() == state
	}).Update.Status
}

// message makes an executor do something and returns its answer.
func (f *framework) message(o *mesospb.Offer, executor, text string) string {
	f.t.Helper()
	f.send(mesos.Message(executor, o.AgentId.GetValue(), []byte(text)))
	e := f.until("message", func(e *mesospb.SchedulerEvent) bool { return e.Message != nil })
	return string(e.Message.Data)
}

// failure waits for the FAILURE of an executor, or of an agent when executor is empty.
func (f *framework) failure(executor string) *mesospb.SchedulerEvent_Failure {
	f.t.Helper()
	return f.until("FAILURE", func(e *mesospb.SchedulerEvent) bool {
		return e.Failure != nil && e.Failure.ExecutorId.GetValue() == executor
	}).Failure
}

// task returns a small task whose executor reports RUNNING and stays; data is a plan
// of the test executor.
func task(t testing.TB, o *mesospb.Offer, id, executor, data string, change ...func(*mesospb.TaskInfo)) *mesospb.TaskInfo {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	info := &mesospb.TaskInfo{
		Name: &id, TaskId: &mesospb.TaskID{Value: &id}, AgentId: o.AgentId, Data: []byte(data),
		Resources: []*mesospb.Resource{scalar("cpus", 0.1), scalar("mem", 32)},
		Executor:  mesostest.Target{Program: self}.Executor(executor),
	}
	for _, c := range change {
		c(info)
	}
	return info
}

// run and hang are plans of the test executor.
const (
	run  = `{"states":[1]}`
	hang = `{"states":[1],"hang":true}`
)

func scalar(name string, v float64) *mesospb.Resource {
	return &mesospb.Resource{Name: &name, Type: mesospb.Value_SCALAR.Enum(), Scalar: &mesospb.Value_Scalar{Value: &v}}
}

// launch launches a task and waits until it runs.
func (f *framework) launch(id, executor, data string, change ...func(*mesospb.TaskInfo)) *mesospb.Offer {
	f.t.Helper()
	o := f.offer()
	f.send(mesos.Accept([]string{o.Id.GetValue()}, 0, mesos.Launch(task(f.t, o, id, executor, data, change...))))
	f.status(id, mesospb.TaskState_TASK_RUNNING)
	return o
}

// accept launches a task without waiting for it.
func (f *framework) accept(o *mesospb.Offer, tasks ...*mesospb.TaskInfo) {
	f.t.Helper()
	f.send(mesos.Accept([]string{o.Id.GetValue()}, 0, mesos.Launch(tasks...)))
}
