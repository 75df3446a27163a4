package framework

import (
	"context"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/glog"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// doubtPods shows the pods of a lost agent as not ready, so services send no
// traffic there. When the agent is back, its kubelet corrects that.
func (l *loop) doubtPods(a *agent) {
	for _, t := range a.tasks {
		if p := l.podOf(t, a); p != nil {
			l.workers.start(func(ctx context.Context, rest pause) { unready(ctx, rest, l.cfg.Client, p) })
		}
	}
}

// doubtLate does the same for a pod whose binding is seen only after its agent was
// lost.
func (l *loop) doubtLate(p *v1.Pod) {
	if a := l.agents.byID[l.agents.holder[p.Spec.NodeName]]; a != nil && a.lost {
		l.workers.start(func(ctx context.Context, rest pause) { unready(ctx, rest, l.cfg.Client, p) })
	}
}

// podOf returns the pod of a task that is bound to the agent, or nil.
func (l *loop) podOf(t scheduler.Task, a *agent) *v1.Pod {
	if p := l.pods[t.PodUID]; p != nil && p.Spec.NodeName == a.Node {
		return p
	}
	return nil
}

func unready(ctx context.Context, rest pause, client kubernetes.Interface, p *v1.Pod) {
	pods := client.CoreV1().Pods(p.Namespace)
	err := persist(ctx, rest, "showing pod "+p.Namespace+"/"+p.Name+" as not ready", func(ctx context.Context) error {
		now, err := pods.Get(ctx, p.Name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if now.UID != p.UID || finished(now) {
			return nil
		}
		for i := range now.Status.Conditions {
			c := &now.Status.Conditions[i]
			if c.Type != v1.PodReady {
				continue
			}
			if c.Status == v1.ConditionFalse {
				return nil
			}
			c.Status, c.Reason, c.LastTransitionTime = v1.ConditionFalse, "MesosAgentLost", metav1.Now()
			c.Message = readyLost.message
		}
		_, err = pods.UpdateStatus(ctx, now, metav1.UpdateOptions{})
		return err
	})
	if err != nil && ctx.Err() == nil && !apierrors.IsNotFound(err) {
		glog.Errorf("framework: pod %s/%s: %v", p.Namespace, p.Name, err)
	}
}
