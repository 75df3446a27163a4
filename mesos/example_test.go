package mesos_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// A framework launches one task and ends when that has ended. The Mesos is one within
// this process, and its executor a function instead of a program.
func Example() {
	cluster, err := local.New(local.Config{Resources: "cpus:1;mem:64;disk:64;ports:[31000-31009]", Simulate: executor})
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- cluster.Run(ctx) }()

	scheduler, err := mesos.NewScheduler(mesos.SchedulerConfig{Master: cluster.Addr()})
	if err != nil {
		log.Fatal(err)
	}
	info := func() *mesospb.FrameworkInfo {
		return &mesospb.FrameworkInfo{User: proto.String("nobody"), Name: proto.String("example")}
	}
	if err := scheduler.Run(ctx, info, &framework{scheduler: scheduler, stop: stop}); !errors.Is(err, context.Canceled) {
		fmt.Println(err)
	}
	if err := <-done; err != nil {
		fmt.Println(err)
	}
	// Output:
	// SUBSCRIBED
	// launching on an offer
	// the executor has task greet
	// TASK_RUNNING
	// TASK_FINISHED
}

// A framework handles the events of a scheduler.
type framework struct {
	scheduler *mesos.Scheduler
	stop      func()
	launched  bool
}

// Event is called with each event in order.
func (f *framework) Event(e *mesospb.SchedulerEvent) {
	switch {
	case e.Subscribed != nil:
		fmt.Println(e.GetType())
	case e.Offers != nil && !f.launched:
		f.launched = true
		fmt.Println("launching on an offer")
		offer := e.Offers.Offers[0]
		f.send(mesos.Accept([]string{offer.Id.GetValue()}, mesos.DefaultFilter, mesos.Launch(task(offer.AgentId))))
	case e.Update != nil:
		s := e.Update.Status
		fmt.Println(s.GetState())
		f.send(mesos.Acknowledge(s.TaskId.GetValue(), s.AgentId.GetValue(), s.Uuid))
		if s.GetState() == mesospb.TaskState_TASK_FINISHED {
			f.stop()
		}
	}
}

// Disconnected is called when there is no subscription: all offers are void.
func (f *framework) Disconnected(err error) { fmt.Println(err) }

func (f *framework) send(call *mesospb.SchedulerCall) {
	if err := f.scheduler.Send(context.Background(), call); err != nil {
		fmt.Println(err)
	}
}

func task(agent *mesospb.AgentID) *mesospb.TaskInfo {
	return &mesospb.TaskInfo{
		Name: proto.String("greet"), TaskId: &mesospb.TaskID{Value: proto.String("greet")}, AgentId: agent,
		Resources: []*mesospb.Resource{{
			Name: proto.String("cpus"), Type: mesospb.Value_SCALAR.Enum(), Scalar: &mesospb.Value_Scalar{Value: proto.Float64(0.5)},
		}},
		Executor: &mesospb.ExecutorInfo{
			ExecutorId: &mesospb.ExecutorID{Value: proto.String("greeter")},
			Command:    &mesospb.CommandInfo{Value: proto.String("./greeter")},
		},
	}
}

// executor is what the program of an executor does with its environment.
func executor(ctx context.Context, env map[string]string, _ *mesospb.ExecutorInfo) int {
	cfg, err := mesos.ExecutorFromEnv(func(name string) string { return env[name] })
	if err != nil {
		return 1
	}
	e := mesos.NewExecutor(cfg)
	if err := e.Run(ctx, greeter{e}); !errors.Is(err, mesos.ErrShutdown) {
		return 1
	}
	return 0
}

// A greeter handles the events of an executor.
type greeter struct{ executor *mesos.Executor }

// Event runs a task, which is to print a line.
func (g greeter) Event(e *mesospb.ExecutorEvent) {
	if e.Launch == nil {
		return
	}
	t := e.Launch.Task
	fmt.Println("the executor has task", t.TaskId.GetValue())
	for _, state := range []mesospb.TaskState{mesospb.TaskState_TASK_RUNNING, mesospb.TaskState_TASK_FINISHED} {
		g.executor.Update(&mesospb.TaskStatus{TaskId: t.TaskId, AgentId: t.AgentId, State: &state})
	}
}
