package mesos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	pb "github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesostest/pipenet"
)

func TestExecutorUpdate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := pipenet.New(t)
		a := &fakeAgent{begin: []*pb.ExecutorEvent{launch("t1"), launch("t2")}}
		n.Serve("a:5051", a)
		e := work(t, n, ExecutorConfig{Token: "jwt"})
		synctest.Wait()
		if got := e.heard(); !slices.Equal(got, []string{"SUBSCRIBED", "LAUNCHt1", "LAUNCHt2"}) {
			t.Errorf("told %q", got)
		}
		given := state("t1", pb.TaskState_TASK_STARTING)
		e.Update(given)
		e.Update(state("t2", pb.TaskState_TASK_STARTING))
		e.Update(state("t1", pb.TaskState_TASK_RUNNING))
		e.Update(state("t1", pb.TaskState_TASK_STAGING)) // executors must not report it
		e.Update(&pb.TaskStatus{})
		nameless := state("t1", pb.TaskState_TASK_RUNNING)
		nameless.Labels = &pb.Labels{Labels: []*pb.Label{{}}}
		e.Update(nameless)
		if err := e.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		got := a.reported()
		slices.Sort(got) // t2 may overtake t1
		if !slices.Equal(got, []string{"t1 TASK_RUNNING", "t1 TASK_STARTING", "t2 TASK_STARTING"}) {
			t.Errorf("reported %q", got)
		}
		s := a.updates[0]
		id, err := uuid.FromBytes(s.GetUuid())
		if err != nil || id.Version() != 4 || id.Variant() != uuid.RFC4122 {
			t.Errorf("uuid %v: %v", id, err)
		}
		if s.Source == nil || s.GetSource() != pb.TaskStatus_SOURCE_EXECUTOR || s.GetExecutorId().GetValue() != "E" ||
			s.GetTimestamp() != float64(time.Now().Unix()) {
			t.Errorf("reported %v", s)
		}
		if given.Uuid != nil || given.Source != nil {
			t.Errorf("Update changes what it is given: %v", given)
		}
		if got := n.Dialled("a:5051"); got != 2 {
			t.Errorf("%d connections, want one for events and one for calls", got)
		}
		if got := a.headers[1].Get("Authorization"); got != "Bearer jwt" {
			t.Errorf("authorization %q", got)
		}
		if a.subscribes[0].GetSubscribe() == nil {
			t.Error("SUBSCRIBE without body")
		}
	})
}

// An unacknowledged update is sent again unchanged, and the next one of its task
// waits for it.
func TestAcknowledgementLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := pipenet.New(t)
		a := &fakeAgent{forget: func(n int) bool { return n < 2 }}
		n.Serve("a:5051", a)
		e := work(t, n, ExecutorConfig{})
		synctest.Wait()
		began := time.Now()
		e.Update(state("t", pb.TaskState_TASK_RUNNING))
		e.Update(state("t", pb.TaskState_TASK_FINISHED))
		if err := e.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		want := []string{"t TASK_RUNNING", "t TASK_RUNNING", "t TASK_RUNNING", "t TASK_FINISHED"}
		if got := a.reported(); !slices.Equal(got, want) {
			t.Errorf("reported %q, want %q", got, want)
		}
		if took := time.Since(began); took != 2*resendAfter {
			t.Errorf("took %v", took)
		}
		if first, last := a.updates[0].GetUuid(), a.updates[2].GetUuid(); !slices.Equal(first, last) {
			t.Errorf("uuids %x and %x of one update", first, last)
		}
	})
}

// "Executor keeps every update until that and keeps every task until its first
// update has been acknowledged; both lists go into the next SUBSCRIBE."
func TestAgentRestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := pipenet.New(t)
		a := &fakeAgent{begin: []*pb.ExecutorEvent{launch("silent"), launch("known"), launch("ended"), launch("new")}}
		stop := n.Serve("a:5051", a)
		e := work(t, n, ExecutorConfig{Checkpoint: true, RecoveryTimeout: time.Minute})
		synctest.Wait()
		e.Update(state("known", pb.TaskState_TASK_RUNNING))
		e.Update(state("ended", pb.TaskState_TASK_RUNNING))
		if err := e.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		stop()
		e.Update(state("ended", pb.TaskState_TASK_FINISHED))
		e.Update(state("new", pb.TaskState_TASK_STARTING))
		e.Update(state("new", pb.TaskState_TASK_RUNNING))
		time.Sleep(50 * time.Second)
		a.begin = nil
		a.refuse = func() int { return []int{503, 404, 0}[len(a.subscribes)-2] }
		back := time.Now()
		n.Serve("a:5051", a)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		want := []string{"silent", "new", "ended TASK_FINISHED", "new TASK_STARTING", "new TASK_RUNNING"}
		if got := a.subscription(3); !slices.Equal(got, want) {
			t.Errorf("subscribed with %q, want %q", got, want)
		}
		if late := a.times[3].Sub(back); late > 2*time.Second {
			t.Errorf("back after %v, when the agent has killed the executor", late)
		}
		for _, u := range a.subscribes[3].GetSubscribe().GetUnacknowledgedUpdates() {
			a.send(acknowledged(u.GetStatus()))
			a.send(acknowledged(u.GetStatus())) // agents may repeat it
		}
		if err := e.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		if got := a.reported(); len(got) != 2 {
			t.Errorf("reported %q: what was in SUBSCRIBE came again at once", got)
		}
		a.refuse = nil
		a.send(nil)
		time.Sleep(time.Second)
		synctest.Wait()
		if got := a.subscription(4); !slices.Equal(got, []string{"silent"}) {
			t.Errorf("subscribed with %q", got)
		}
		if got := e.heard(); len(got) != 7 {
			t.Errorf("told %q", got)
		}
	})
}

func TestAgentGone(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		cfg   ExecutorConfig
		agent func(n *pipenet.Network) // breaks or never makes the connection
		want  time.Duration
	}{
		{"checkpointing", ExecutorConfig{Checkpoint: true, RecoveryTimeout: 10 * time.Minute},
			func(n *pipenet.Network) { n.Serve("a:5051", &fakeAgent{})() }, 10 * time.Minute},
		{"no checkpointing", ExecutorConfig{},
			func(n *pipenet.Network) {
				a := &fakeAgent{}
				stop := n.Serve("a:5051", a)
				synctest.Wait()
				time.Sleep(5 * time.Second)
				stop()
			}, 5 * time.Second},
		{"never there", ExecutorConfig{}, func(*pipenet.Network) {}, registrationTimeout},
		{"accepts and says nothing", ExecutorConfig{Checkpoint: true, RecoveryTimeout: 20 * time.Second},
			func(n *pipenet.Network) {
				n.Serve("a:5051", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					io.Copy(io.Discard, r.Body) // net/http notices the end of a connection only afterwards
					<-r.Context().Done()
				}))
			}, 20 * time.Second},
		{"recovers without end", ExecutorConfig{Checkpoint: true, RecoveryTimeout: 20 * time.Second},
			func(n *pipenet.Network) { n.Serve("a:5051", &fakeAgent{refuse: func() int { return 503 }}) }, 20 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := pipenet.New(t)
				began := time.Now()
				e := work(t, n, tt.cfg)
				go tt.agent(n)
				err := <-e.ended
				if !errors.Is(err, ErrAgentGone) {
					t.Errorf("Run: %v", err)
				}
				if took := time.Since(began); took != tt.want {
					t.Errorf("after %v, want %v", took, tt.want)
				}
				e.Update(state("t", pb.TaskState_TASK_KILLED))
				if err := e.Flush(t.Context()); err == nil || !strings.Contains(err.Error(), "1 status updates not acknowledged") {
					t.Errorf("Flush after Run: %v", err)
				}
			})
		})
	}
}

// During SHUTDOWN the connection stays, so the end of the tasks is reported; not
// even a second subscription disturbs that.
func TestShutdown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := pipenet.New(t)
		a := &fakeAgent{begin: []*pb.ExecutorEvent{launch("t")}}
		n.Serve("a:5051", a)
		e := work(t, n, ExecutorConfig{Checkpoint: true, RecoveryTimeout: time.Minute})
		synctest.Wait()
		e.mu.Lock()
		e.shutdown = func() {
			time.Sleep(3 * time.Second)
			e.Update(state("t", pb.TaskState_TASK_KILLED))
			if err := e.Flush(t.Context()); err != nil {
				t.Error(err)
			}
		}
		e.mu.Unlock()
		began := time.Now()
		a.begin = []*pb.ExecutorEvent{shutdown()}
		a.send(shutdown())
		time.Sleep(time.Second)
		a.send(nil)
		if err := <-e.ended; !errors.Is(err, ErrShutdown) {
			t.Errorf("Run: %v", err)
		}
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("took %v", took)
		}
		if got := a.reported(); !slices.Equal(got, []string{"t TASK_KILLED"}) {
			t.Errorf("reported %q", got)
		}
		if got := e.heard(); !slices.Equal(got, []string{"SUBSCRIBED", "LAUNCHt", "SHUTDOWN"}) {
			t.Errorf("told %q", got)
		}
	})
}

func TestExecutorRejected(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 401, 403} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := pipenet.New(t)
				n.Serve("a:5051", &fakeAgent{refuse: func() int { return status }})
				err := <-work(t, n, ExecutorConfig{Checkpoint: true, RecoveryTimeout: time.Minute}).ended
				var rejected *RejectedError
				if !errors.As(err, &rejected) || *rejected != (RejectedError{"a:5051", status, "refused"}) {
					t.Errorf("Run: %v", err)
				}
			})
		})
	}
}

// An update that the agent refuses goes into the next SUBSCRIBE.
func TestUpdateRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := pipenet.New(t)
		a := &fakeAgent{deny: func(int) int { return http.StatusForbidden }}
		n.Serve("a:5051", a)
		e := work(t, n, ExecutorConfig{Checkpoint: true, RecoveryTimeout: time.Minute})
		synctest.Wait()
		e.Update(state("t", pb.TaskState_TASK_RUNNING))
		time.Sleep(time.Second)
		synctest.Wait()
		if got := a.subscription(1); !slices.Equal(got, []string{"t TASK_RUNNING"}) {
			t.Errorf("subscribed with %q", got)
		}
		if got := a.reported(); len(got) != 1 {
			t.Errorf("reported %q", got)
		}
	})
}

func TestFlushEndsWithItsContext(t *testing.T) {
	t.Parallel()
	e := NewExecutor(ExecutorConfig{})
	if err := e.Flush(t.Context()); err != nil {
		t.Errorf("nothing to flush: %v", err)
	}
	e.Update(state("t", pb.TaskState_TASK_RUNNING))
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("the grace period is over")
	cancel(why)
	if err := e.Flush(ctx); !errors.Is(err, why) {
		t.Errorf("Flush: %v", err)
	}
}

// "On the socket only /slave(1)/api/v1/executor is allowed."
func TestDomainSocket(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(t.TempDir(), "agent.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	a := &fakeAgent{begin: []*pb.ExecutorEvent{shutdown()}}
	server := &http.Server{Handler: a}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	e := NewExecutor(ExecutorConfig{FrameworkID: "F", ExecutorID: "E", Endpoint: "a:5051", Socket: socket, Process: "slave(1)"})
	if err := e.Run(t.Context(), &runningExecutor{}); !errors.Is(err, ErrShutdown) {
		t.Errorf("Run: %v", err)
	}
	if got := a.paths[0]; got != "/slave(1)/api/v1/executor" {
		t.Errorf("path %q", got)
	}
}
