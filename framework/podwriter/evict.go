package podwriter

import (
	"context"
	"time"

	v1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// evictTime bounds one attempt, as the caller comes again soon.
const evictTime = 10 * time.Second

// Evict requests once that a pod leaves its node, which a disruption budget may refuse.
// It does nothing while an earlier request for the pod is unfinished.
func (w *Writer) Evict(p *v1.Pod) {
	w.startOnce("evict "+string(p.UID), &operation{what: "evicting", pod: p, try: func(ctx context.Context) error {
		bounded, cancel := context.WithTimeout(ctx, evictTime)
		defer cancel()
		w.evict(bounded, p)
		return nil
	}})
}

func (w *Writer) evict(ctx context.Context, p *v1.Pod) {
	err := w.client.CoreV1().Pods(p.Namespace).EvictV1(ctx, &policyv1.Eviction{
		ObjectMeta:    metav1.ObjectMeta{Namespace: p.Namespace, Name: p.Name},
		DeleteOptions: &metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &p.UID}},
	})
	switch {
	case err == nil:
		w.log.Info("a pod leaves its node before the node's maintenance", "pod", name(p), "node", p.Spec.NodeName)
	case apierrors.IsNotFound(err), apierrors.IsConflict(err), ctx.Err() != nil:
	default: // a disruption budget, most likely: it is tried again
		w.log.Info("a pod cannot be evicted before its node's maintenance", "pod", name(p), "node", p.Spec.NodeName, "reason", err)
	}
}
