package local

import (
	"slices"
	"strings"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// executors are those of an agent.
type executors struct {
	agent   *agent
	byKey   map[executorKey]*executor
	tokens  map[string]executorKey // of executors that have not ended
	orphans []*executor            // still running, but unknown to the agent and the master
}

func newExecutors(a *agent) *executors {
	return &executors{agent: a, byKey: map[executorKey]*executor{}, tokens: map[string]executorKey{}}
}

func (xs *executors) add(ex *executor)    { xs.byKey[ex.key()] = ex }
func (xs *executors) remove(ex *executor) { delete(xs.byKey, ex.key()) }

// has reports whether the agent knows the executor.
func (xs *executors) has(ex *executor) bool { return xs.byKey[ex.key()] == ex }

// orphan makes the agent forget an executor that may still run.
func (xs *executors) orphan(ex *executor) {
	xs.remove(ex)
	if ex.status == nil {
		xs.orphans = append(xs.orphans, ex)
	}
}

// inOrder returns the executors in the order of their start.
func (xs *executors) inOrder() []*executor {
	out := make([]*executor, 0, len(xs.byKey))
	for _, ex := range xs.byKey {
		out = append(out, ex)
	}
	slices.SortFunc(out, func(x, y *executor) int {
		if d := x.started.Compare(y.started); d != 0 {
			return d
		}
		return strings.Compare(x.container, y.container)
	})
	return out
}

// of returns a framework's executors that run or are being started.
func (xs *executors) of(f *framework) []*executor {
	return slices.DeleteFunc(xs.inOrder(), func(ex *executor) bool { return ex.framework != f })
}

func (xs *executors) ids(f *framework) []*mesospb.ExecutorID {
	var out []*mesospb.ExecutorID
	for _, ex := range xs.of(f) {
		out = append(out, ex.info.ExecutorId)
	}
	return out
}

// all returns the orphans, too.
func (xs *executors) all() []*executor { return append(xs.inOrder(), xs.orphans...) }

// abandon shuts a framework's executors down and forgets its statuses.
func (xs *executors) abandon(f *framework) {
	for _, ex := range xs.of(f) {
		ex.abandoned = true
		ex.shutdown()
	}
	xs.agent.statuses.Forget(f.id)
}

// orphanAll forgets executors whose framework does not checkpoint.
func (xs *executors) orphanAll(f *framework) {
	for _, ex := range xs.of(f) {
		ex.abandoned = true
		xs.orphan(ex)
	}
	xs.agent.statuses.Forget(f.id)
}

// discardUnused removes an executor whose tasks were refused after all.
func (xs *executors) discardUnused(f *framework, info *mesospb.ExecutorInfo) {
	ex := xs.byKey[executorKey{f.id, info.ExecutorId.GetValue()}]
	if ex != nil && len(ex.tasks) == 0 && !ex.launched {
		xs.remove(ex)
	}
}

// dropUnknown forgets executors that the agent never heard of, and shuts down those
// of frameworks that have gone in the meantime.
func (xs *executors) dropUnknown() {
	a := xs.agent
	for _, ex := range xs.inOrder() {
		switch {
		case !ex.launched && len(a.link.mailbox) == 0:
			xs.remove(ex)
		case a.master.frameworks.byID[ex.framework.id] != ex.framework:
			ex.abandoned = true
			ex.shutdown()
		}
	}
}

// end tells all executors, and orphans, to end.
func (xs *executors) end() {
	for _, ex := range xs.all() {
		if ex.stream == nil && ex.process != nil { // it cannot be told otherwise
			ex.process.Terminate()
		}
		ex.shutdown()
	}
}
