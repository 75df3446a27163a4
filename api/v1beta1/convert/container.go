package convert

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

func containerFromCore(in *corev1.Container, original *containerOriginals) wire.Container {
	c := wire.Container{
		Name:                   in.Name,
		Image:                  in.Image,
		Entrypoint:             in.Command,
		Command:                in.Args,
		WorkingDir:             in.WorkingDir,
		Resources:              requirementsFromCore(&in.Resources, original),
		CPU:                    in.Resources.Limits.Cpu().MilliValue(),
		Memory:                 in.Resources.Limits.Memory().Value(),
		LivenessProbe:          probeFromCore(in.LivenessProbe, livenessProbe, in.Ports, original),
		ReadinessProbe:         probeFromCore(in.ReadinessProbe, readinessProbe, in.Ports, original),
		Lifecycle:              lifecycleFromCore(in.Lifecycle, in.Ports, original),
		TerminationMessagePath: in.TerminationMessagePath,
		Privileged:             privilegedFromCore(in.SecurityContext),
		ImagePullPolicy:        pullPolicyFromCore(in.ImagePullPolicy),
		Capabilities:           capabilitiesFromCore(in.SecurityContext),
	}
	for i, p := range in.Ports {
		c.Ports = append(c.Ports, portFromCore(p, i, original))
	}
	for _, e := range in.Env {
		c.Env = append(c.Env, wire.EnvVar{Name: e.Name, Key: e.Name, Value: e.Value})
	}
	for _, m := range in.VolumeMounts {
		c.VolumeMounts = append(c.VolumeMounts, mountFromCore(m))
	}
	return c
}

// containerToCore returns stored (nil for a new container), changed to what the
// client sent; original receives what core cannot represent.
func containerToCore(in *wire.Container, stored *corev1.Container, original *containerOriginals) corev1.Container {
	out := orNew(stored)
	out.Name, out.Image, out.WorkingDir = in.Name, in.Image, in.WorkingDir
	out.Command = replaceStrings(in.Entrypoint, out.Command)
	out.Args = replaceStrings(in.Command, out.Args)
	out.Ports = portsToCore(in.Ports, out.Ports, original)
	out.Env = replaceSlice(in.Env, out.Env,
		func(w *wire.EnvVar, c *corev1.EnvVar) bool { return envName(w) == c.Name }, envToCore)
	requirementsToCore(in, &out.Resources, original)
	out.VolumeMounts = replaceSlice(in.VolumeMounts, out.VolumeMounts, sameMount, mountToCore)
	out.LivenessProbe = probeToCore(in.LivenessProbe, out.LivenessProbe, livenessProbe, in.Ports, original)
	out.ReadinessProbe = probeToCore(in.ReadinessProbe, out.ReadinessProbe, readinessProbe, in.Ports, original)
	out.Lifecycle = lifecycleToCore(in.Lifecycle, out.Lifecycle, in.Ports, original)
	out.TerminationMessagePath = in.TerminationMessagePath
	out.ImagePullPolicy = PullPolicyToCore(in.ImagePullPolicy)
	out.SecurityContext = securityToCore(in, out.SecurityContext)
	return out
}

func portFromCore(p corev1.ContainerPort, place int, original *containerOriginals) wire.Port {
	protocol := string(p.Protocol)
	if typed := original.Protocols[place]; strings.ToUpper(typed) == protocol {
		protocol = typed
	}
	return wire.Port{
		Name:          wirePortName(original.PortNames, p.Name),
		HostPort:      int(p.HostPort),
		ContainerPort: int(p.ContainerPort),
		Protocol:      protocol,
		HostIP:        p.HostIP,
	}
}

func portsToCore(in []wire.Port, stored []corev1.ContainerPort, original *containerOriginals) []corev1.ContainerPort {
	if len(in) == 0 && len(stored) == 0 {
		return stored
	}
	var out []corev1.ContainerPort
	for i, p := range in {
		protocol := strings.ToUpper(p.Protocol)
		if protocol != p.Protocol {
			if original.Protocols == nil {
				original.Protocols = map[int]string{}
			}
			original.Protocols[i] = p.Protocol
		}
		original.PortNames = rememberName(original.PortNames, p.Name)
		out = append(out, corev1.ContainerPort{
			Name:          corePortName(p.Name),
			HostPort:      int32(p.HostPort),
			ContainerPort: int32(p.ContainerPort),
			Protocol:      corev1.Protocol(protocol),
			HostIP:        p.HostIP,
		})
	}
	return out
}

func envName(e *wire.EnvVar) string {
	if e.Name != "" {
		return e.Name
	}
	return e.Key
}

// envToCore keeps a stored valueFrom, which v1beta1 shows as an empty value, until
// the client sets a value.
func envToCore(in *wire.EnvVar, stored *corev1.EnvVar) corev1.EnvVar {
	out := corev1.EnvVar{Name: envName(in), Value: in.Value}
	if stored != nil && in.Value == "" {
		out.ValueFrom = stored.ValueFrom
	}
	return out
}

func mountFromCore(m corev1.VolumeMount) wire.VolumeMount {
	return wire.VolumeMount{Name: m.Name, ReadOnly: m.ReadOnly, MountPath: m.MountPath, Path: m.MountPath}
}

func mountPath(m *wire.VolumeMount) string {
	if m.MountPath != "" {
		return m.MountPath
	}
	return m.Path
}

func sameMount(w *wire.VolumeMount, c *corev1.VolumeMount) bool {
	return w.Name == c.Name && mountPath(w) == c.MountPath
}

func mountToCore(in *wire.VolumeMount, stored *corev1.VolumeMount) corev1.VolumeMount {
	out := orNew(stored)
	out.Name, out.ReadOnly, out.MountPath = in.Name, in.ReadOnly, mountPath(in)
	return out
}

func pullPolicyFromCore(p corev1.PullPolicy) string {
	switch p {
	case corev1.PullAlways, corev1.PullNever, corev1.PullIfNotPresent:
		return "Pull" + string(p)
	}
	return string(p)
}

// PullPolicyToCore accepts the words of both v1beta1 and core.
func PullPolicyToCore(p string) corev1.PullPolicy {
	switch p {
	case "PullAlways", "PullNever", "PullIfNotPresent":
		return corev1.PullPolicy(strings.TrimPrefix(p, "Pull"))
	}
	return corev1.PullPolicy(p)
}

func privilegedFromCore(s *corev1.SecurityContext) bool {
	return s != nil && s.Privileged != nil && *s.Privileged
}

func capabilitiesFromCore(s *corev1.SecurityContext) wire.Capabilities {
	var c wire.Capabilities
	if s == nil || s.Capabilities == nil {
		return c
	}
	for _, a := range s.Capabilities.Add {
		c.Add = append(c.Add, string(a))
	}
	for _, d := range s.Capabilities.Drop {
		c.Drop = append(c.Drop, string(d))
	}
	return c
}

// securityToCore changes the two settings that v1beta1 knows, and only if the
// client has changed them: core distinguishes absent from false.
func securityToCore(in *wire.Container, stored *corev1.SecurityContext) *corev1.SecurityContext {
	shown := capabilitiesFromCore(stored)
	samePrivileged := in.Privileged == privilegedFromCore(stored)
	sameCapabilities := slices.Equal(in.Capabilities.Add, shown.Add) && slices.Equal(in.Capabilities.Drop, shown.Drop)
	if samePrivileged && sameCapabilities {
		return stored
	}
	out := orEmpty(stored)
	if !samePrivileged {
		out.Privileged = &in.Privileged
	}
	if !sameCapabilities {
		out.Capabilities = &corev1.Capabilities{Add: capabilities(in.Capabilities.Add), Drop: capabilities(in.Capabilities.Drop)}
	}
	return out
}

func capabilities(names []string) []corev1.Capability {
	var out []corev1.Capability
	for _, n := range names {
		out = append(out, corev1.Capability(n))
	}
	return out
}
