package e2e

import (
	"fmt"

	v1 "k8s.io/api/core/v1"
)

// Short functions for tables of fates: changes to a pod's spec, and what can be seen of
// a pod.

func policy(p v1.RestartPolicy) func(*v1.PodSpec) {
	return func(spec *v1.PodSpec) { spec.RestartPolicy = p }
}

func grace(seconds int64) func(*v1.PodSpec) {
	return func(spec *v1.PodSpec) { spec.TerminationGracePeriodSeconds = &seconds }
}

func pull(image string, policy v1.PullPolicy) func(*v1.PodSpec) {
	return func(spec *v1.PodSpec) {
		spec.Containers[0].Image, spec.Containers[0].ImagePullPolicy = image, policy
	}
}

func hooks(start, stop *v1.LifecycleHandler) func(*v1.PodSpec) {
	return func(spec *v1.PodSpec) { spec.Containers[0].Lifecycle = &v1.Lifecycle{PostStart: start, PreStop: stop} }
}

// volume adds a volume, mounted at the path given by its name.
func volume(name string, source v1.VolumeSource) func(*v1.PodSpec) {
	return func(spec *v1.PodSpec) {
		spec.Volumes = append(spec.Volumes, v1.Volume{Name: name, VolumeSource: source})
		mount(v1.VolumeMount{Name: name, MountPath: "/" + name})(spec)
	}
}

func mount(m v1.VolumeMount) func(*v1.PodSpec) {
	return func(spec *v1.PodSpec) {
		spec.Containers[0].VolumeMounts = append(spec.Containers[0].VolumeMounts, m)
	}
}

func secured(c v1.SecurityContext) func(*v1.PodSpec) {
	return func(spec *v1.PodSpec) { spec.Containers[0].SecurityContext = &c }
}

func environment(vars ...v1.EnvVar) func(*v1.PodSpec) {
	return func(spec *v1.PodSpec) { spec.Containers[0].Env = vars }
}

// first adds an init container, with the volume unless it is "".
func (s *stage) first(name, script, volume string) func(*v1.PodSpec) {
	c := s.container(name, script)
	if volume != "" {
		c.VolumeMounts = []v1.VolumeMount{{Name: volume, MountPath: "/" + volume}}
	}
	return func(spec *v1.PodSpec) { spec.InitContainers = append(spec.InitContainers, c) }
}

// every is a probe that runs each second and tolerates a number of failures.
func every(h v1.ProbeHandler, failures int32) *v1.Probe {
	return &v1.Probe{ProbeHandler: h, PeriodSeconds: 1, TimeoutSeconds: 5, FailureThreshold: failures}
}

func phase(want v1.PodPhase) func(*v1.Pod) string {
	return func(pod *v1.Pod) string { return differ(pod.Status.Phase, want) }
}

func waiting(reason string) func(*v1.Pod) string {
	return func(pod *v1.Pod) string { return differ(waits(pod, "main"), reason) }
}

func waits(pod *v1.Pod, name string) string {
	if w := container(pod, name).State.Waiting; w != nil {
		return w.Reason
	}
	return ""
}

func terminated(pod *v1.Pod, name string) v1.ContainerStateTerminated {
	if end := container(pod, name).State.Terminated; end != nil {
		return *end
	}
	return v1.ContainerStateTerminated{ExitCode: -1} // it has not ended
}

func exitCode(pod *v1.Pod, name string) int32 { return terminated(pod, name).ExitCode }

// differ returns which pairs of actual and wanted values are not equal.
func differ(pairs ...any) string {
	said := ""
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i] != pairs[i+1] {
			said += fmt.Sprintf("has %v, wants %v; ", pairs[i], pairs[i+1])
		}
	}
	return said
}
