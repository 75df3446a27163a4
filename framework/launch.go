package framework

import (
	"bytes"
	"fmt"
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/glog"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
)

// launch turns a decision into one ACCEPT and puts it into the outbox, after
// the tasks' records. If any part cannot be made, which would be a bug of ours,
// nothing is sent and the offers are given back.
func (l *loop) launch(c scheduler.Launch) {
	tasks, changes, err := l.tasks(c)
	if err != nil {
		glog.Errorf("framework: launch on agent %s: %v", c.Agent, err)
		l.outbox.put(job{call: mesos.Decline(c.Offers, 0)})
		l.inbox.put(scheduler.LaunchFailed{Tasks: c.Tasks, Err: err})
		return
	}
	a := l.agents.byID[c.Agent]
	a.started = true
	for _, t := range c.Tasks {
		a.tasks[t.ID] = t
		changes = append(changes, putTask(t))
		l.metrics.launched(l.pods[t.PodUID].Spec.NodeName != "")
		l.settled(t.PodUID)
		glog.Infof("framework: launching pod %s as task %s on node %s", l.podName(t.PodUID), t.ID, t.Node)
	}
	if w := l.wanted(a); w.ready.status == "" {
		l.writer.want(w)
	}
	l.outbox.put(job{
		changes: changes,
		stored:  l.recorded(a),
		call:    mesos.Accept(c.Offers, c.Refuse, mesos.Launch(tasks...)),
		failed:  func(err error) { l.inbox.put(scheduler.LaunchFailed{Tasks: c.Tasks, Err: err}) },
	})
}

// tasks makes the TaskInfos of a launch, each with its share of the offers. The
// change is the record of the agent, when its executor is a new one.
func (l *loop) tasks(c scheduler.Launch) ([]*mesospb.TaskInfo, []Change, error) {
	a := l.agents.byID[c.Agent]
	if a == nil {
		return nil, nil, fmt.Errorf("agent %s is unknown", c.Agent)
	}
	rest := l.agents.spend(c.Offers)
	exec, rest, changes, err := l.executor(a, rest, c.Executor)
	if err != nil {
		return nil, nil, err
	}
	cluster := l.cfg.Cluster
	cluster.Servers = l.settings().Servers
	cluster.Token = l.tokens.of(a.Node, time.Now())

	var infos []*mesospb.TaskInfo
	for _, t := range c.Tasks {
		p := l.pods[t.PodUID]
		if p == nil {
			return nil, nil, fmt.Errorf("task %s: its pod %s is unknown", t.ID, t.PodUID)
		}
		var share []*mesospb.Resource
		share, rest, err = resources.Take(rest, resources.Want{CPU: t.Amount.CPU, Mem: t.Amount.Mem, Ports: t.Ports})
		if err != nil {
			return nil, nil, fmt.Errorf("task %s: %w", t.ID, err)
		}
		info, err := taskInfo(t, p, share, exec, cluster)
		if err != nil {
			return nil, nil, fmt.Errorf("task %s: %w", t.ID, err)
		}
		infos = append(infos, info)
	}
	return infos, changes, nil
}

// executor returns the ExecutorInfo for a launch on an agent and what is left of
// the offers. While an executor of ours may live there it is the one used
// before; otherwise a new one is made from what the offers pay, and recorded.
func (l *loop) executor(a *agent, offered []*mesospb.Resource, pay bool) (exec *mesospb.ExecutorInfo, rest []*mesospb.Resource, changes []Change, err error) {
	if len(a.Executor) > 0 && (!pay || len(a.tasks) > 0) {
		exec = &mesospb.ExecutorInfo{}
		if err := proto.Unmarshal(a.Executor, exec); err != nil {
			return nil, nil, nil, fmt.Errorf("executor on record for agent %s: %w", a.id, err)
		}
		if !pay {
			return exec, offered, a.record(), nil
		}
		if rest, ok := resources.Subtract(offered, exec.Resources); ok {
			return exec, rest, a.record(), nil
		}
		// It was paid from what is not offered now: the end of its last tasks
		// is still on the way, but it can no longer be there.
	}
	var own []*mesospb.Resource
	rest = offered
	if pay {
		amount := l.cfg.Executor.Amount
		own, rest, err = resources.Take(offered, resources.Want{CPU: amount.CPU, Mem: amount.Mem})
		if err != nil {
			return nil, nil, nil, fmt.Errorf("executor: %w", err)
		}
	} else {
		glog.Errorf("framework: an executor of ours runs on agent %s, but there is no record of what it was started with", a.id)
	}
	exec = l.cfg.Executor.info(l.identity.get(), own)
	b, err := exec.Marshal()
	if err != nil {
		return nil, nil, nil, fmt.Errorf("executor: %w", err)
	}
	a.Executor = b
	return exec, rest, a.record(), nil
}

// record returns what a launch stores of the agent: nothing once its ExecutorInfo
// is known to be on record. Until then each launch brings it, as the one before
// may fail to be stored.
func (a *agent) record() []Change {
	if bytes.Equal(a.stored, a.Executor) {
		return nil
	}
	return []Change{putAgent(a.id, a.agentRecord)}
}

// recorded returns the function that tells the loop that the agent's ExecutorInfo
// is on record.
func (l *loop) recorded(a *agent) func() {
	if bytes.Equal(a.stored, a.Executor) {
		return nil
	}
	m := executorStored{a.id, a.Executor}
	return func() { l.inbox.put(m) }
}

func (l *loop) podName(uid string) string {
	if p := l.pods[uid]; p != nil {
		return p.Namespace + "/" + p.Name
	}
	return uid
}

// forgetTask notes that the task no longer keeps an executor alive.
func (l *loop) forgetTask(id, agentID string) {
	if a := l.agents.byID[agentID]; a != nil {
		delete(a.tasks, id)
		if !l.agents.holds(a) {
			l.forgetSuperseded()
		}
		return
	}
	for _, a := range l.agents.byID {
		delete(a.tasks, id)
	}
}

// forgetSuperseded drops the agents that others have replaced, and their records.
// One that comes back counts as new.
func (l *loop) forgetSuperseded() {
	for _, a := range l.agents.superseded() {
		glog.Infof("framework: agent %s is forgotten: node %s is agent %s now", a.id, a.Node, l.agents.holder[a.Node])
		l.forgetAgent(a)
	}
}

// forgetAgent drops an agent and its record.
func (l *loop) forgetAgent(a *agent) {
	l.agents.remove(a)
	l.outbox.put(job{changes: []Change{{Key: keyAgents + a.id}}})
}
