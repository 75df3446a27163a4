package podwriter

import (
	"context"
	"encoding/json"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/podspec"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// patch writes the condition, unless the pod is bound by now: because of the
// version in the patch, the API server refuses one that a binding has
// overtaken. News also gets an event.
func (rs *Reasons) patch(ctx context.Context, pod *v1.Pod, message string, news bool) error {
	if obj, ok, _ := rs.pods.GetByKey(pod.Namespace + "/" + pod.Name); ok {
		pod = obj.(*v1.Pod)
	}
	if podspec.Bound(pod) || pod.Status.StartTime != nil {
		return nil
	}
	patch := conditionPatch(pod, message, metav1.Now())
	if patch == nil {
		return nil
	}
	_, err := rs.client.CoreV1().Pods(pod.Namespace).Patch(ctx, pod.Name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status")
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if news {
		reason := "FailedScheduling"
		if podspec.Assigned(pod) {
			reason = reasonWaitsForAgent
		}
		rs.events.Event(pod, v1.EventTypeWarning, reason, message)
	}
	return nil
}

// reasonWaitsForAgent is why a pod is not ready to start that others have bound to a node.
const reasonWaitsForAgent = "WaitsForAgent"

// conditionPatch returns a patch that sets PodScheduled to False with a reason,
// or nil when the pod says so already. A pod that others have bound to a node counts as
// scheduled; the condition that it gets is its kubelet's as soon as one has it.
func conditionPatch(p *v1.Pod, message string, now metav1.Time) []byte {
	c := v1.PodCondition{
		Type: v1.PodScheduled, Status: v1.ConditionFalse, Reason: v1.PodReasonUnschedulable,
		Message: message, LastTransitionTime: now,
	}
	if podspec.Assigned(p) {
		c.Type, c.Reason = v1.PodReadyToStartContainers, reasonWaitsForAgent
	}
	for _, old := range p.Status.Conditions {
		if old.Type != c.Type || old.Status != c.Status {
			continue
		}
		if old.Reason == c.Reason && old.Message == c.Message {
			return nil
		}
		c.LastTransitionTime = old.LastTransitionTime
	}
	return statusPatch(p, map[string]any{"conditions": []v1.PodCondition{c}})
}

// statusPatch returns a patch of a pod's status, if the pod has not changed since it was
// looked at.
func statusPatch(p *v1.Pod, status map[string]any) []byte {
	b, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"uid": p.UID, "resourceVersion": p.ResourceVersion},
		"status":   status,
	})
	if err != nil {
		panic(err) // plain API types
	}
	return b
}
