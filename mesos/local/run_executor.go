package local

import (
	"context"
	"fmt"
	"syscall"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/glog"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// startExecutor fetches and starts an executor outside the loop, which is notified
// of its start and end.
func (m *master) startExecutor(ex *executor) {
	ex.agent.tokens[ex.token] = ex.key()
	ctx, cancel := context.WithCancel(m.context)
	ex.cancel = cancel
	plan := plan{
		directory:  ex.directory,
		command:    ex.info.Command,
		env:        m.environment(ex),
		user:       user(ex),
		failFetch:  m.dice.happens(m.cfg.Faults.FailFetches),
		dropped:    ex.framework.lost(mesospb.TaskState_TASK_DROPPED),
		info:       ex.info,
		definition: fmt.Sprintf("executor %s of framework %s on agent %s", ex.info.ExecutorId.GetValue(), ex.framework.id, ex.agent.id),
	}
	begun := func(p *process) {
		glog.V(1).Infof("local Mesos: %s runs in %s", plan.definition, plan.directory)
		m.do(func() { m.begun(ex, p) })
	}
	m.executors.Go(func() {
		defer cancel()
		status, problem := m.runPlan(ctx, plan, begun)
		if problem != nil {
			glog.Warningf("local Mesos: %s: %s", plan.definition, problem.text)
		} else {
			glog.V(1).Infof("local Mesos: %s has ended, wait status %d", plan.definition, status)
		}
		m.do(func() { ex.exited(status, problem) })
	})
}

// begun is called when the executor's process runs.
func (m *master) begun(ex *executor, p *process) {
	ex.begun, ex.process = true, p
	switch {
	case ex.phase == terminating:
		ex.cancel()
	case ex.phase == registering && ex.agent.running:
		d := m.cfg.RegistrationTimeout
		ex.awaitSubscription(d, verdict{mesospb.TaskState_TASK_FAILED, mesospb.TaskStatus_REASON_EXECUTOR_REGISTRATION_TIMEOUT,
			"Executor did not register within " + mesosDuration(d)})
	}
}

// plan is everything needed to start an executor; the loop makes it and does not
// touch it afterwards.
type plan struct {
	directory  string
	command    *mesospb.CommandInfo
	info       *mesospb.ExecutorInfo
	env        map[string]string
	user       string
	failFetch  bool
	dropped    mesospb.TaskState // of tasks without a sandbox
	definition string            // for the log
}

// fetchFailed returns the wait status with which an agent reports a failed fetch.
func (c *Config) fetchFailed() int32 {
	if c.old() {
		return int32(syscall.SIGKILL)
	}
	return 1 << 8
}

// runPlan runs outside the loop, until nothing of the executor is left.
func (m *master) runPlan(ctx context.Context, p plan, begun func(*process)) (status int32, problem *verdict) {
	if m.cfg.Simulate != nil {
		begun(nil)
		return int32(m.cfg.Simulate(ctx, p.env, p.info)) << 8, nil
	}
	owner, err := lookUp(p.user)
	if err == nil {
		err = makeSandbox(p.directory, owner)
	}
	if err != nil {
		return m.cfg.fetchFailed(), &verdict{p.dropped, mesospb.TaskStatus_REASON_EXECUTOR_TERMINATED,
			fmt.Sprintf("Failed to create executor directory '%s': %v", p.directory, err)}
	}
	fetched, err := m.fetcher.fetch(ctx, p, owner)
	defer removeFetched(fetched)
	if err == nil && p.failFetch {
		err = fmt.Errorf("fault: this fetch fails")
	}
	if err != nil {
		complain(p.directory, err)
		return m.cfg.fetchFailed(), &verdict{mesospb.TaskState_TASK_FAILED, mesospb.TaskStatus_REASON_CONTAINER_LAUNCH_FAILED,
			"Failed to launch container: Failed to fetch all URIs: " + err.Error()}
	}
	process, err := startProcess(p, owner)
	if err != nil {
		complain(p.directory, err)
		return m.cfg.fetchFailed(), &verdict{mesospb.TaskState_TASK_FAILED, mesospb.TaskStatus_REASON_CONTAINER_LAUNCH_FAILED,
			"Failed to launch container: " + err.Error()}
	}
	begun(process)
	stop := context.AfterFunc(ctx, process.kill)
	defer stop()
	return process.wait(), nil
}

// user is the account that an executor runs as.
func user(ex *executor) string {
	if u := ex.info.Command.GetUser(); u != "" {
		return u
	}
	return ex.framework.info.GetUser()
}
