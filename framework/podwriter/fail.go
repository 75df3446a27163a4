package podwriter

import (
	"context"
	"slices"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/podspec"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Fail ends a pod whose kubelet is gone for good: phase Failed, nothing of it
// running. One that is being deleted is removed, as no kubelet will confirm
// that. done is called when the end is stored, or the pod is gone, has ended by itself
// or cannot be failed.
func (w *Writer) Fail(p *v1.Pod, why scheduler.Fail, done func()) {
	w.start(&operation{
		what: "failing", pod: p,
		try: func(ctx context.Context) error { return w.fail(ctx, p, why) },
		done: func(err error) {
			if err != nil && !apierrors.IsNotFound(err) {
				w.log.Error(err, "a pod cannot be failed", "pod", name(p))
			}
			done()
		},
	})
}

func (w *Writer) fail(ctx context.Context, p *v1.Pod, why scheduler.Fail) error {
	pods := w.client.CoreV1().Pods(p.Namespace)
	now, err := pods.Get(ctx, p.Name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return nil
	case err != nil:
		return err
	case now.UID != p.UID:
		return nil
	}
	if !podspec.Finished(now) {
		now = now.DeepCopy()
		endStatus(&now.Status, why, metav1.Now())
		if now, err = pods.UpdateStatus(ctx, now, metav1.UpdateOptions{}); err != nil {
			return err
		}
	}
	if now.DeletionTimestamp == nil {
		return nil
	}
	err = pods.Delete(ctx, p.Name, metav1.DeleteOptions{GracePeriodSeconds: new(int64(0)), Preconditions: &metav1.Preconditions{UID: &p.UID}})
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil
	}
	return err
}

// endStatus writes the end of a pod into its status: containers that ran or
// were about to are terminated, exit code 137 as for killed ones.
func endStatus(s *v1.PodStatus, why scheduler.Fail, now metav1.Time) {
	s.Phase, s.Reason, s.Message = v1.PodFailed, why.Reason, why.Message
	for _, cs := range [][]v1.ContainerStatus{s.InitContainerStatuses, s.ContainerStatuses, s.EphemeralContainerStatuses} {
		for i := range cs {
			if cs[i].State.Terminated != nil {
				continue
			}
			end := &v1.ContainerStateTerminated{
				ExitCode: 137, Reason: why.Reason, Message: why.Message,
				FinishedAt: now, ContainerID: cs[i].ContainerID,
			}
			if r := cs[i].State.Running; r != nil {
				end.StartedAt = r.StartedAt
			}
			cs[i].State = v1.ContainerState{Terminated: end}
			cs[i].Ready, cs[i].Started = false, new(bool)
		}
	}
	for _, t := range []v1.PodConditionType{v1.PodReady, v1.ContainersReady} {
		i := slices.IndexFunc(s.Conditions, func(c v1.PodCondition) bool { return c.Type == t })
		if i < 0 || s.Conditions[i].Status == v1.ConditionFalse {
			continue
		}
		s.Conditions[i].Status, s.Conditions[i].Reason, s.Conditions[i].LastTransitionTime = v1.ConditionFalse, "PodFailed", now
	}
}
