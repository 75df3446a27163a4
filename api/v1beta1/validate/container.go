package validate

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/convert"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

func (r Rules) containers(c *Causes, field string, containers []wire.Container, volumes map[string]bool) {
	if len(containers) == 0 {
		c.required(field, "give desiredState.manifest.containers at least one container")
		return
	}
	seen := map[string]bool{}
	for i := range containers {
		r.container(c, fmt.Sprintf("%s[%d]", field, i), &containers[i], seen, volumes)
	}
	taken := map[int]bool{}
	for i := range containers {
		for _, p := range containers[i].Ports {
			if p.HostPort == 0 {
				continue
			}
			if taken[p.HostPort] {
				c.duplicate(fmt.Sprintf("%s[%d].port", field, i), p.HostPort)
			}
			taken[p.HostPort] = true
		}
	}
}

func (r Rules) container(c *Causes, at string, in *wire.Container, seen, volumes map[string]bool) {
	switch {
	case in.Name == "":
		c.required(at+".name", "give the container a name")
	case !dnsLabel.ok(in.Name):
		c.invalid(at+".name", in.Name, dnsLabel.cure)
	case seen[in.Name]:
		c.duplicate(at+".name", in.Name)
	case in.Privileged && !r.AllowPrivileged:
		c.forbidden(at+".privileged", r.privilegedCure())
	}
	seen[in.Name] = true
	if in.Image == "" {
		c.required(at+".image", "name the image to run")
	}
	if l := in.Lifecycle; l != nil {
		c.handler(at+".lifecycle.postStart", l.PostStart)
		c.handler(at+".lifecycle.preStop", l.PreStop)
	}
	c.probe(at+".livenessProbe", in.LivenessProbe)
	c.probe(at+".readinessProbe", in.ReadinessProbe)
	c.ports(at+".ports", in.Ports)
	c.env(at+".env", in.Env)
	c.mounts(at+".volumeMounts", in.VolumeMounts, volumes)
	switch convert.PullPolicyToCore(in.ImagePullPolicy) {
	case "Always", "Never", "IfNotPresent":
	default:
		c.notSupported(at+".pullPolicy", in.ImagePullPolicy, "use PullAlways, PullNever or PullIfNotPresent")
	}
	for _, name := range sortedKeys(in.Resources.Limits) {
		if !resourceNameOK(name) {
			// Servers of the time wrote the word twice.
			c.invalid(fmt.Sprintf("%s.resources.resources.limits[%s]", at, name), name, resourceNameCure)
		}
	}
	c.amounts(at, in)
}

// amounts checks amounts of resources. Those in lists are in range as soon as they are
// decoded, but for the sign.
func (c *Causes) amounts(at string, in *wire.Container) {
	const cure = "use 0 or more"
	switch {
	case in.CPU < 0:
		c.message(at+".cpu", in.CPU, cure)
	case in.CPU > wire.AmountLimit:
		c.message(at+".cpu", in.CPU, fmt.Sprintf("use at most %g", float64(wire.AmountLimit)))
	}
	if in.Memory < 0 {
		c.message(at+".memory", in.Memory, cure)
	}
	for _, side := range []struct {
		name string
		list wire.ResourceList
	}{{"limits", in.Resources.Limits}, {"requests", in.Resources.Requests}} {
		for _, name := range sortedKeys(side.list) {
			if a := side.list[name]; a.Float() < 0 {
				c.message(fmt.Sprintf("%s.resources.%s[%s]", at, side.name, name), a, cure)
			}
		}
	}
}

func (c *Causes) handler(at string, h *wire.Handler) {
	if h == nil {
		return
	}
	n := 0
	if h.Exec != nil {
		n++
		if len(h.Exec.Command) == 0 {
			c.required(at+".exec.command", "give the command to run")
		}
	}
	if h.HTTPGet != nil {
		n++
		c.handlerPort(at+".httpGet.port", h.HTTPGet.Port)
	}
	if h.TCPSocket != nil {
		n++
		c.handlerPort(at+".tcpSocket.port", h.TCPSocket.Port)
	}
	if n != 1 {
		c.invalid(at, fmt.Sprintf("%d handlers", n), "give exactly one of exec, httpGet and tcpSocket")
	}
}

func (c *Causes) handlerPort(field string, p intstr.IntOrString) {
	switch {
	case p.Type == intstr.String && p.StrVal == "":
		c.required(field, "name a port of the container, or give its number")
	case p.Type == intstr.Int && !portOK(int64(p.IntVal)):
		c.invalid(field, p.IntVal, portCure)
	}
}

func (c *Causes) probe(at string, p *wire.Probe) {
	if p == nil {
		return
	}
	c.handler(at, &p.Handler)
	c.number(at+".initialDelay", p.InitialDelaySeconds, " seconds")
	c.number(at+".timeout", p.TimeoutSeconds, " seconds")
}

func (c *Causes) ports(field string, ports []wire.Port) {
	seen := map[string]bool{}
	for i, p := range ports {
		at := fmt.Sprintf("%s[%d]", field, i)
		if p.Name != "" {
			if !dnsLabel.ok(p.Name) {
				c.invalid(at+".name", p.Name, dnsLabel.cure)
			} else if seen[p.Name] {
				c.duplicate(at+".name", p.Name)
			}
			seen[p.Name] = true
		}
		if !portOK(int64(p.ContainerPort)) {
			c.invalid(at+".containerPort", p.ContainerPort, portCure)
		}
		if p.HostPort != 0 && !portOK(int64(p.HostPort)) {
			c.invalid(at+".hostPort", p.HostPort, portCure+", or 0 for none")
		}
		if !protocolOK(p.Protocol) {
			c.notSupported(at+".protocol", p.Protocol, protocolCure)
		}
	}
}

func (c *Causes) env(field string, env []wire.EnvVar) {
	for i, e := range env {
		at, name := fmt.Sprintf("%s[%d].name", field, i), e.Name
		if name == "" {
			name = e.Key
		}
		if name == "" {
			c.required(at, "give the variable a name")
		}
		if !cIdentifier.ok(name) {
			c.invalid(at, name, cIdentifier.cure)
		}
	}
}

func (c *Causes) mounts(field string, mounts []wire.VolumeMount, volumes map[string]bool) {
	for i, m := range mounts {
		at := fmt.Sprintf("%s[%d]", field, i)
		if m.Name == "" {
			c.required(at+".name", "name the volume to mount")
		} else if !volumes[m.Name] {
			c.notFound(at+".name", m.Name, "declare the volume in desiredState.manifest.volumes")
		}
		if m.MountPath == "" && m.Path == "" {
			c.required(at+".mountPath", "say where to mount it")
		}
	}
}
