package schedulerplugins

import (
	"context"
	"strings"

	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
	"k8s.io/klog/v2"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

// trial is a node with other pods on it than there are, as the plugins would see it.
type trial struct {
	rule   *rule
	state  fwk.CycleState
	node   fwk.NodeInfo
	failed string // why the plugins cannot answer
}

// Try implements [scheduler.Rule].
func (k *rule) Try(node string) scheduler.Trial {
	t := &trial{rule: k, failed: k.Nowhere()}
	n, err := k.rules.snapshot.Get(node)
	switch {
	case t.failed != "":
	case err != nil:
		t.failed = err.Error()
	case !k.only.AllNodes() && !k.only.NodeNames.Has(node):
		t.failed = k.Refuses(node)
	default:
		t.state, t.node = k.state.Clone(), n.Snapshot()
		if len(k.by) > 0 && k.filter(k.state, n) == "" {
			t.failed = k.extendersRefuse(node) // which no pod that goes would change
		}
	}
	return t
}

// Add implements [scheduler.Trial].
func (t *trial) Add(p scheduler.Pod) {
	t.change(p.Object, func(info *framework.PodInfo) *fwk.Status {
		t.node.AddPodInfo(info)
		return t.rule.plugins.RunPreFilterExtensionAddPod(context.Background(), t.state, t.rule.pod, info, t.node)
	})
}

// Remove implements [scheduler.Trial]. PodTopologySpread does not count a pod that
// terminates, but would forget that: such a pod is not taken away from what it has gathered.
func (t *trial) Remove(p scheduler.Pod) {
	t.change(p.Object, func(info *framework.PodInfo) *fwk.Status {
		if err := t.node.RemovePod(klog.Background(), info.Pod); err != nil {
			return fwk.AsStatus(err)
		}
		if info.Pod.DeletionTimestamp != nil && t.rule.concerned(info).spread {
			return nil
		}
		return t.rule.plugins.RunPreFilterExtensionRemovePod(context.Background(), t.state, t.rule.pod, info, t.node)
	})
}

func (t *trial) change(p *v1.Pod, how func(*framework.PodInfo) *fwk.Status) {
	if p == nil || t.failed != "" {
		return
	}
	info, err := framework.NewPodInfo(p)
	if err != nil {
		return // the API server has checked it
	}
	if s := how(info); !s.IsSuccess() {
		t.failed = strings.Join(s.Reasons(), ", ")
	}
}

// Refuses implements [scheduler.Trial].
func (t *trial) Refuses() string {
	if t.failed != "" {
		return t.failed
	}
	return t.rule.filter(t.state, t.node)
}
