package framework

import (
	"fmt"
	"time"

	"github.com/go-logr/logr"
	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/outbox"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/podspec"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/records"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/taskinfo"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
)

// launcher turns the core's decisions to launch into calls.
type launcher struct {
	inbox   inbox
	outbox  jobs
	metrics *metrics
	log     logr.Logger

	executor taskinfo.Executor // a new one
	cluster  func() taskdata.Cluster
	tokens   tokens
	identity *identity

	agents *agents
	nodes  *nodeKeeper
	pods   *podTracker
}

// tokens has a bootstrap token for each node.
type tokens interface {
	For(node string, now time.Time) string
	Forget(node string)
}

// launch turns a decision into one ACCEPT and puts it into the outbox, after
// the tasks' records. If any part cannot be made, which would be a bug of ours,
// nothing is sent and the offers are given back.
func (l *launcher) launch(c scheduler.Launch) {
	failed := func(err error) { l.inbox.Put(outcome{scheduler.LaunchFailed{Tasks: c.Tasks, Err: err}}) }
	tasks, err := l.tasks(c)
	if err != nil {
		l.log.Error(err, "a launch cannot be made", "agent", c.Agent)
		l.outbox.Put(outbox.Job{Call: mesos.Decline(c.Offers, 0)})
		failed(err)
		return
	}
	a := l.agents.get(c.Agent)
	a.started = true
	job := outbox.Job{Call: mesos.Accept(c.Offers, c.Refuse, mesos.Launch(tasks...)), Failed: failed}
	a.recordTo(&job, func(m executorStored) { l.inbox.Put(m) })
	for _, t := range c.Tasks {
		a.tasks[t.ID] = t
		job.Changes = append(job.Changes, records.PutTask(t))
		l.metrics.launched(podspec.Bound(l.pods.get(t.PodUID)))
		l.pods.clearReason(t.PodUID)
		l.log.Info("launching a pod", "pod", l.pods.name(t.PodUID), "task", t.ID, "node", t.Node)
	}
	if l.nodes.desired(a).KubeletDecides() {
		l.nodes.write(a)
	}
	l.outbox.Put(job)
}

// tasks makes the TaskInfos of a launch, each with its share of the offers.
func (l *launcher) tasks(c scheduler.Launch) ([]*mesospb.TaskInfo, error) {
	a := l.agents.get(c.Agent)
	if a == nil {
		return nil, fmt.Errorf("agent %s is unknown", c.Agent)
	}
	rest := l.agents.spend(c.Offers)
	exec, rest, err := l.executorFor(a, rest, c.Executor)
	if err != nil {
		return nil, err
	}
	cluster := l.cluster()
	cluster.Token = l.tokens.For(a.Node, time.Now())

	var infos []*mesospb.TaskInfo
	for _, t := range c.Tasks {
		p := l.pods.get(t.PodUID)
		if p == nil {
			return nil, fmt.Errorf("task %s: its pod %s is unknown", t.ID, t.PodUID)
		}
		var share []*mesospb.Resource
		share, rest, err = resources.Take(rest, resources.Want{CPU: t.Amount.CPU, Mem: t.Amount.Mem, Disk: t.Amount.Disk, Ports: t.Ports})
		if err != nil {
			return nil, fmt.Errorf("task %s: %w", t.ID, err)
		}
		info, err := taskinfo.Task(t, p, share, exec, cluster)
		if err != nil {
			return nil, fmt.Errorf("task %s: %w", t.ID, err)
		}
		infos = append(infos, info)
	}
	return infos, nil
}

// executorFor returns the ExecutorInfo for a launch on an agent and what is left of
// the offers. While an executor of ours may live there it is the one used
// before; otherwise a new one is made from what the offers pay.
func (l *launcher) executorFor(a *agent, offered []*mesospb.Resource, pay bool) (exec *mesospb.ExecutorInfo, rest []*mesospb.Resource, err error) {
	if len(a.Executor) > 0 && (!pay || len(a.tasks) > 0) {
		exec = &mesospb.ExecutorInfo{}
		if err := proto.Unmarshal(a.Executor, exec); err != nil {
			return nil, nil, fmt.Errorf("executor on record for agent %s: %w", a.id, err)
		}
		if !pay {
			return exec, offered, nil
		}
		if rest, ok := resources.Subtract(offered, exec.Resources); ok {
			return exec, rest, nil
		}
		// It was paid from what is not offered now: the end of its last tasks
		// is still on the way, but it can no longer be there.
	}
	var own []*mesospb.Resource
	rest = offered
	if pay {
		amount := l.executor.Amount
		own, rest, err = resources.Take(offered, resources.Want{CPU: amount.CPU, Mem: amount.Mem})
		if err != nil {
			return nil, nil, fmt.Errorf("executor: %w", err)
		}
	} else {
		l.log.Error(nil, "an executor of ours runs, but there is no record of what it was started with", "agent", a.id)
	}
	exec = l.executor.Info(l.identity.get(), own)
	b, err := exec.Marshal()
	if err != nil {
		return nil, nil, fmt.Errorf("executor: %w", err)
	}
	a.Executor = b
	return exec, rest, nil
}
