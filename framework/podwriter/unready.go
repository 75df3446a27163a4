package podwriter

import (
	"context"
	"slices"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/podspec"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// MarkUnready shows a pod as not ready, so services send no traffic there. Its kubelet
// corrects that when it can be reached again.
func (w *Writer) MarkUnready(p *v1.Pod, reason, message string) {
	w.start(&operation{
		what: "showing it as not ready", pod: p,
		try: func(ctx context.Context) error { return w.markUnready(ctx, p, reason, message) },
		done: func(err error) {
			if err != nil && !apierrors.IsNotFound(err) {
				w.log.Error(err, "a pod cannot be shown as not ready", "pod", name(p))
			}
		},
	})
}

func (w *Writer) markUnready(ctx context.Context, p *v1.Pod, reason, message string) error {
	pods := w.client.CoreV1().Pods(p.Namespace)
	now, err := pods.Get(ctx, p.Name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	if now.UID != p.UID || podspec.Finished(now) {
		return nil
	}
	i := slices.IndexFunc(now.Status.Conditions, func(c v1.PodCondition) bool { return c.Type == v1.PodReady })
	if i < 0 || now.Status.Conditions[i].Status == v1.ConditionFalse {
		return nil // it is not ready
	}
	c := &now.Status.Conditions[i]
	c.Status, c.Reason, c.Message, c.LastTransitionTime = v1.ConditionFalse, reason, message, metav1.Now()
	_, err = pods.UpdateStatus(ctx, now, metav1.UpdateOptions{})
	return err
}
