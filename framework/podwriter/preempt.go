package podwriter

import (
	"context"
	"fmt"
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// preemptFor is how long the deletion of a pod that is to make room is tried. It is shorter
// than the core waits for it, which then chooses anew: what has become useless is not done late.
const preemptFor = 50 * time.Second

// Preempt deletes a pod, as another one needs its place on the node: first its condition
// DisruptionTarget says why, which is how a Job knows that the pod has not failed. Like
// Kubernetes' scheduler it does not ask for an eviction, which a disruption budget would
// refuse: where pods could be chosen whose budgets allow it, they have been. It does nothing
// while an earlier call for the pod is unfinished, or when the other one does not wait any more.
func (w *Writer) Preempt(victim, by *v1.Pod, node string) {
	until := time.Now().Add(preemptFor)
	w.startOnce("preempt "+string(victim.UID), &operation{what: "preempting", pod: victim, try: func(ctx context.Context) error {
		if time.Now().After(until) {
			return permanent{fmt.Errorf("not deleted within %s, and pods are chosen anew", preemptFor)}
		}
		return w.preempt(ctx, victim, by, node)
	}})
}

func (w *Writer) preempt(ctx context.Context, victim, by *v1.Pod, node string) error {
	pods := w.client.CoreV1().Pods(victim.Namespace)
	now, err := pods.Get(ctx, victim.Name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	if now.UID != victim.UID || now.DeletionTimestamp != nil {
		return nil
	}
	if waits, err := w.waits(ctx, by); !waits {
		return err
	}
	if patch := disruptionPatch(now, by.Spec.SchedulerName); patch != nil {
		if _, err := pods.Patch(ctx, victim.Name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status"); err != nil {
			return err
		}
	}
	err = pods.Delete(ctx, victim.Name, metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &victim.UID}})
	switch {
	case apierrors.IsNotFound(err), apierrors.IsConflict(err):
		return nil
	case err == nil:
		w.events.Event(victim, v1.EventTypeNormal, "Preempted", fmt.Sprintf("Preempted by pod %s on node %s", by.UID, node))
	}
	return err
}

// waits reports whether a pod still waits for a node.
func (w *Writer) waits(ctx context.Context, p *v1.Pod) (bool, error) {
	now, err := w.client.CoreV1().Pods(p.Namespace).Get(ctx, p.Name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	return err == nil && now.UID == p.UID && now.Spec.NodeName == "" && now.DeletionTimestamp == nil, err
}

// disruptionPatch returns a patch of the status that tells why a pod is about to be deleted;
// nil: it says so already.
func disruptionPatch(p *v1.Pod, scheduler string) []byte {
	c := v1.PodCondition{
		Type: v1.DisruptionTarget, Status: v1.ConditionTrue, Reason: v1.PodReasonPreemptionByScheduler,
		Message:            scheduler + ": preempting to accommodate a higher priority pod",
		LastTransitionTime: metav1.Now(), ObservedGeneration: p.Generation,
	}
	same := func(old v1.PodCondition) bool {
		return old.Type == c.Type && old.Status == c.Status && old.Reason == c.Reason && old.Message == c.Message
	}
	if slices.ContainsFunc(p.Status.Conditions, same) {
		return nil
	}
	return statusPatch(p, map[string]any{"conditions": []v1.PodCondition{c}})
}
