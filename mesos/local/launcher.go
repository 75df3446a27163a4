package local

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall"

	"github.com/go-logr/logr"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/containerizer"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/faults"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/loop"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// launcher starts executors outside the loop, which is notified of their start and end.
type launcher struct {
	cfg           *Config
	loop          *loop.Loop
	faults        *faults.Player
	containerizer *containerizer.Containerizer
	log           logr.Logger

	running sync.WaitGroup // one for each executor between launch and end
	context context.Context
	kill    context.CancelFunc // kills executors that do not end
}

func newLauncher(m *master) *launcher {
	l := &launcher{cfg: m.cfg, loop: m.loop, faults: m.faults, containerizer: containerizer.New(m.workDir), log: m.cfg.Log}
	l.context, l.kill = context.WithCancel(context.Background())
	return l
}

// start fetches and starts an executor.
func (l *launcher) start(ex *executor) {
	ex.agent.executors.tokens[ex.token] = ex.key()
	ctx, cancel := context.WithCancel(l.context)
	ex.cancel = cancel
	x := containerizer.Container{
		Directory: ex.directory, Command: ex.info.Command, Env: ex.environment(), User: ex.user(), Host: l.cfg.host(ex.agent.index),
		FailFetch: l.faults.Happens(l.faults.FailFetches),
	}
	info, dropped := ex.info, ex.framework.lost(mesospb.TaskState_TASK_DROPPED)
	log := l.log.WithValues("executor", ex.info.ExecutorId.GetValue(), "framework", ex.framework.id, "agent", ex.agent.id)
	begun := func(p *containerizer.Process) {
		log.V(1).Info("executor runs", "directory", x.Directory)
		l.loop.Do(func() { l.begun(ex, p) })
	}
	l.running.Go(func() {
		defer cancel()
		status, err := l.run(ctx, x, info, begun)
		var problem *verdict
		if err != nil {
			log.Error(err, "executor not started")
			problem = notStarted(err, dropped)
		} else {
			log.V(1).Info("executor ended", "waitStatus", status)
		}
		l.loop.Do(func() { ex.exited(status, problem) })
	})
}

// run runs an executor, real or simulated, until nothing of it is left.
func (l *launcher) run(ctx context.Context, x containerizer.Container, info *mesospb.ExecutorInfo, begun func(*containerizer.Process)) (status int32, err error) {
	if l.cfg.Simulate != nil {
		begun(nil)
		return int32(l.cfg.Simulate(ctx, x.Env, info)) << 8, nil
	}
	status, err = l.containerizer.Run(ctx, x, begun)
	if err != nil {
		status = l.cfg.fetchFailed()
	}
	return status, err
}

// begun is called when the executor's process runs.
func (l *launcher) begun(ex *executor, p *containerizer.Process) {
	ex.begun, ex.process = true, p
	if err := ex.mount(ex.info.Resources); err != nil {
		l.log.Error(err, "executor without its volumes", "executor", ex.info.ExecutorId.GetValue())
	}
	switch {
	case ex.phase == terminating:
		ex.cancel()
	case ex.phase == registering && ex.agent.link.running:
		d := l.cfg.RegistrationTimeout
		ex.awaitSubscription(d, verdict{mesospb.TaskState_TASK_FAILED, mesospb.TaskStatus_REASON_EXECUTOR_REGISTRATION_TIMEOUT,
			"Executor did not register within " + containerizer.FormatDuration(d)})
	}
}

// notStarted returns the status of the tasks of an executor that was not started, of
// which dropped is the state if it had no sandbox.
func notStarted(err error, dropped mesospb.TaskState) *verdict {
	if no := (*containerizer.SandboxError)(nil); errors.As(err, &no) {
		return &verdict{dropped, mesospb.TaskStatus_REASON_EXECUTOR_TERMINATED, err.Error()}
	}
	return &verdict{mesospb.TaskState_TASK_FAILED, mesospb.TaskStatus_REASON_CONTAINER_LAUNCH_FAILED,
		fmt.Sprintf("Failed to launch container: %v", err)}
}

// fetchFailed returns the wait status with which an agent reports a failed fetch.
func (c *Config) fetchFailed() int32 {
	if c.old() {
		return int32(syscall.SIGKILL)
	}
	return 1 << 8
}

// user is the account that an executor runs as.
func (ex *executor) user() string {
	if u := ex.info.Command.GetUser(); u != "" {
		return u
	}
	return ex.framework.info.GetUser()
}

func (ex *executor) environment() map[string]string {
	a, f, cfg := ex.agent, ex.framework, ex.agent.master.cfg
	e := containerizer.Executor{
		AgentID: a.id, AgentPID: a.pid(), AgentEndpoint: a.endpoint.Addr, AgentIP: a.ip,
		FrameworkID: f.id, ExecutorID: ex.info.ExecutorId.GetValue(), Directory: ex.directory, Grace: ex.grace(),
		Checkpoint: f.info.GetCheckpoint(), RecoveryTimeout: cfg.RecoveryTimeout, SubscriptionBackoff: cfg.subscriptionBackoff(),
		Command: ex.info.Command,
	}
	if cfg.authenticated() {
		e.Token = ex.token
	}
	return e.Environment()
}
