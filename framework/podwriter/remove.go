package podwriter

import (
	"context"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/podspec"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Remove removes a pod that is being deleted and that no kubelet has, though it is bound
// to a node: the API server waits for one to confirm the deletion. It does nothing while
// an earlier call for the pod is unfinished.
func (w *Writer) Remove(p *v1.Pod) {
	w.startOnce("remove "+string(p.UID), &operation{what: "removing", pod: p, try: func(ctx context.Context) error {
		return w.remove(ctx, p)
	}})
}

// remove deletes the pod as it is when it is looked at, so one that a kubelet has got
// meanwhile stays.
func (w *Writer) remove(ctx context.Context, p *v1.Pod) error {
	pods := w.client.CoreV1().Pods(p.Namespace)
	now, err := pods.Get(ctx, p.Name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	if now.UID != p.UID || !podspec.Abandoned(now) {
		return nil
	}
	err = pods.Delete(ctx, p.Name, metav1.DeleteOptions{
		GracePeriodSeconds: new(int64(0)),
		Preconditions:      &metav1.Preconditions{UID: &now.UID, ResourceVersion: &now.ResourceVersion},
	})
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}
