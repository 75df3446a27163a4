package convert

import (
	"maps"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// ControllerFromCore converts a replication controller.
func ControllerFromCore(in *corev1.ReplicationController) *wire.ReplicationController {
	rc := &wire.ReplicationController{
		Meta:         metaFromCore(&in.ObjectMeta),
		Labels:       in.Labels,
		DesiredState: wire.ControllerState{ReplicaSelector: in.Spec.Selector},
		CurrentState: wire.ControllerState{Replicas: int(in.Status.Replicas)},
	}
	if in.Spec.Template != nil && readOriginals(in.Annotations).NoLabels && maps.Equal(in.Labels, in.Spec.Template.Labels) {
		rc.Labels = nil
	}
	if in.Spec.Replicas != nil {
		rc.DesiredState.Replicas = int(*in.Spec.Replicas)
	}
	if in.Spec.Template != nil {
		rc.DesiredState.PodTemplate = templateFromCore(in.Spec.Template)
	}
	return rc
}

// ControllerToCore returns stored, changed to what the client sent except for
// the status. An absent number of replicas is 0.
func ControllerToCore(in *wire.ReplicationController, stored *corev1.ReplicationController) *corev1.ReplicationController {
	out := orEmpty(stored)
	metaToCore(&in.Meta, &out.ObjectMeta)
	out.Labels = replaceMap(in.Labels, out.Labels)
	if stored == nil || out.Spec.Replicas != nil || in.DesiredState.Replicas != 0 {
		n := int32(in.DesiredState.Replicas)
		out.Spec.Replicas = &n
	}
	out.Spec.Selector = replaceMap(in.DesiredState.ReplicaSelector, out.Spec.Selector)
	if stored == nil || out.Spec.Template != nil || !emptyTemplate(&in.DesiredState.PodTemplate) {
		if out.Spec.Template == nil {
			out.Spec.Template = &corev1.PodTemplateSpec{}
		}
		templateToCore(&in.DesiredState.PodTemplate, out.Spec.Template)
	}
	var original originals
	if len(in.Labels) == 0 && (stored == nil || len(stored.Labels) != 0) {
		original.NoLabels = true // core gives it its template's labels
		if stored != nil && len(ControllerFromCore(stored).Labels) == 0 {
			out.Labels = stored.Labels
		}
	}
	out.Annotations = original.write(out.Annotations)
	return out
}

func emptyTemplate(t *wire.PodTemplate) bool {
	m := &t.DesiredState.Manifest
	return len(m.Containers) == 0 && len(m.Volumes) == 0 && len(t.Labels) == 0 && len(t.Annotations) == 0
}

// ControllerStatusToCore returns stored with the number of replicas that the
// client sent. Core's finer counts are limited to it.
func ControllerStatusToCore(in *wire.ReplicationController, stored *corev1.ReplicationController) *corev1.ReplicationController {
	out := orEmpty(stored)
	n := int32(in.CurrentState.Replicas)
	s := &out.Status
	s.Replicas = n
	s.FullyLabeledReplicas = min(s.FullyLabeledReplicas, n)
	s.ReadyReplicas = min(s.ReadyReplicas, n)
	s.AvailableReplicas = min(s.AvailableReplicas, n)
	return out
}
