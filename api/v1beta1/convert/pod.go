package convert

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// PodFromCore converts a pod.
func PodFromCore(in *corev1.Pod) *wire.Pod {
	return &wire.Pod{
		Meta:   metaFromCore(&in.ObjectMeta),
		Labels: in.Labels,
		DesiredState: wire.PodState{
			Manifest: manifestFromCore(&in.Spec, readOriginals(in.Annotations)),
			Host:     in.Spec.NodeName,
		},
		CurrentState: podStatusFromCore(in),
		NodeSelector: in.Spec.NodeSelector,
	}
}

// PodToCore returns stored, changed to what the client sent; stored is nil for a
// new pod. The client does not own the status, which stays.
func PodToCore(in *wire.Pod, stored *corev1.Pod) *corev1.Pod {
	out := orEmpty(stored)
	metaToCore(&in.Meta, &out.ObjectMeta)
	out.Labels = replaceMap(in.Labels, out.Labels)
	var original originals
	manifestToCore(&in.DesiredState.Manifest, &out.Spec, &original)
	out.Spec.NodeName = in.DesiredState.Host
	out.Spec.NodeSelector = replaceMap(in.NodeSelector, out.Spec.NodeSelector)
	out.Annotations = original.write(out.Annotations)
	return out
}

// templateFromCore converts a controller's pod template.
func templateFromCore(in *corev1.PodTemplateSpec) wire.PodTemplate {
	return wire.PodTemplate{
		DesiredState: wire.PodState{
			Manifest: manifestFromCore(&in.Spec, readOriginals(in.Annotations)),
			Host:     in.Spec.NodeName,
		},
		NodeSelector: in.Spec.NodeSelector,
		Labels:       in.Labels,
		Annotations:  withoutOriginals(in.Annotations),
	}
}

// templateToCore changes out to what the client sent. The original fields go into the
// template's annotations, so the pods made from it have it, too.
func templateToCore(in *wire.PodTemplate, out *corev1.PodTemplateSpec) {
	out.Labels = replaceMap(in.Labels, out.Labels)
	out.Annotations = mergeAnnotations(in.Annotations, out.Annotations)
	var original originals
	manifestToCore(&in.DesiredState.Manifest, &out.Spec, &original)
	out.Spec.NodeName = in.DesiredState.Host
	out.Spec.NodeSelector = replaceMap(in.NodeSelector, out.Spec.NodeSelector)
	out.Annotations = original.write(out.Annotations)
}

func manifestFromCore(in *corev1.PodSpec, original *originals) wire.ContainerManifest {
	m := wire.ContainerManifest{
		Version:       wire.ManifestVersion,
		RestartPolicy: restartPolicyFromCore(in.RestartPolicy),
		DNSPolicy:     string(in.DNSPolicy),
		HostNetwork:   in.HostNetwork,
	}
	for i := range in.Volumes {
		m.Volumes = append(m.Volumes, volumeFromCore(&in.Volumes[i]))
	}
	for i := range in.Containers {
		m.Containers = append(m.Containers, containerFromCore(&in.Containers[i], original.container(in.Containers[i].Name)))
	}
	return m
}

func manifestToCore(in *wire.ContainerManifest, out *corev1.PodSpec, original *originals) {
	out.Volumes = replaceSlice(in.Volumes, out.Volumes,
		func(w *wire.Volume, c *corev1.Volume) bool { return w.Name == c.Name }, volumeToCore)
	out.Containers = replaceSlice(in.Containers, out.Containers,
		func(w *wire.Container, c *corev1.Container) bool { return w.Name == c.Name },
		func(w *wire.Container, c *corev1.Container) corev1.Container {
			var m containerOriginals
			core := containerToCore(w, c, &m)
			original.keep(w.Name, &m)
			return core
		})
	out.RestartPolicy = RestartPolicyToCore(in.RestartPolicy)
	out.DNSPolicy = corev1.DNSPolicy(in.DNSPolicy)
	out.HostNetwork = in.HostNetwork
}

func restartPolicyFromCore(p corev1.RestartPolicy) wire.RestartPolicy {
	switch p {
	case corev1.RestartPolicyAlways:
		return wire.RestartPolicy{Always: &struct{}{}}
	case corev1.RestartPolicyOnFailure:
		return wire.RestartPolicy{OnFailure: &struct{}{}}
	case corev1.RestartPolicyNever:
		return wire.RestartPolicy{Never: &struct{}{}}
	}
	return wire.RestartPolicy{}
}

// RestartPolicyToCore prefers always to never, and never to onFailure, if several
// are set.
func RestartPolicyToCore(p wire.RestartPolicy) corev1.RestartPolicy {
	switch {
	case p.Always != nil:
		return corev1.RestartPolicyAlways
	case p.Never != nil:
		return corev1.RestartPolicyNever
	case p.OnFailure != nil:
		return corev1.RestartPolicyOnFailure
	}
	return ""
}

// orEmpty returns a deep copy of stored, or a new object.
func orEmpty[T any, P interface {
	*T
	DeepCopy() P
}](stored P) P {
	if stored == nil {
		return P(new(T))
	}
	return stored.DeepCopy()
}
