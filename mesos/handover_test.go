package mesos

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	pb "github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesostest/pipenet"
)

// "A re-SUBSCRIBE closes the previous connection of that executor": another one
// takes its place and takes over its unacknowledged updates.
func TestHandOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := pipenet.New(t)
		a := &fakeAgent{begin: []*pb.ExecutorEvent{launch("known"), launch("silent")}, forget: func(n int) bool { return n > 0 }}
		n.Serve("a:5051", a)
		old := work(t, n, ExecutorConfig{Checkpoint: true, RecoveryTimeout: time.Minute})
		synctest.Wait()
		old.Update(state("known", pb.TaskState_TASK_STARTING))
		synctest.Wait()
		old.Update(state("known", pb.TaskState_TASK_RUNNING))
		synctest.Wait()
		old.Detach()
		if err := <-old.ended; !errors.Is(err, ErrDetached) {
			t.Fatalf("Run: %v", err)
		}
		old.Update(state("silent", pb.TaskState_TASK_STARTING)) // the last task passed to the handler
		unacknowledged, err := old.Unacknowledged()
		if err != nil {
			t.Fatal(err)
		}

		a.begin = nil
		e := resume(t, n, unacknowledged)
		synctest.Wait()
		if got, want := a.subscription(1), []string{"silent", "known TASK_RUNNING", "silent TASK_STARTING"}; !slices.Equal(got, want) {
			t.Errorf("subscribed with %q, want %q", got, want)
		}
		a.forget = nil
		if err := e.Flush(t.Context()); err != nil { // by repeating them
			t.Error(err)
		}
	})
}

// Events that the agent has sent count as delivered: the handler gets all of them.
func TestDetachWaitsForTheHandler(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := pipenet.New(t)
		n.Serve("a:5051", &fakeAgent{begin: []*pb.ExecutorEvent{launch("1"), launch("2"), launch("3")}})
		handling := make(chan struct{})
		e := NewExecutor(ExecutorConfig{FrameworkID: "F", ExecutorID: "E", AgentID: "A", Endpoint: "a:5051", Dial: n.Dial})
		e.Detach() // before Run it does nothing
		told := &slow{handling: handling}
		ended := make(chan error, 1)
		go func() { ended <- e.Run(t.Context(), told) }()
		synctest.Wait()
		e.Detach()
		synctest.Wait()
		close(handling)
		if err := <-ended; !errors.Is(err, ErrDetached) {
			t.Errorf("Run: %v", err)
		}
		if told.events != 4 {
			t.Errorf("the handler was given %d events, want SUBSCRIBED and 3 tasks", told.events)
		}
	})
}

// slow is a handler that takes its time.
type slow struct {
	handling chan struct{}
	events   int
}

func (s *slow) Event(*pb.ExecutorEvent) {
	<-s.handling
	s.events++
}

func TestResumeRefusesNonsense(t *testing.T) {
	t.Parallel()
	if err := NewExecutor(ExecutorConfig{}).Resume([]byte("\xff\xff")); err == nil {
		t.Error("accepted")
	}
}

// resume runs an Executor that takes over from another one.
func resume(t *testing.T, n *pipenet.Network, unacknowledged []byte) *runningExecutor {
	t.Helper()
	return workWith(t, n, ExecutorConfig{Checkpoint: true, RecoveryTimeout: time.Minute}, func(e *Executor) {
		if err := e.Resume(unacknowledged); err != nil {
			t.Fatal(err)
		}
	})
}
