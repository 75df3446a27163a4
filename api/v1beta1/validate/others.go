package validate

import (
	"fmt"
	"net"
	"strconv"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/convert"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// Controller checks a replication controller.
func (r Rules) Controller(rc *wire.ReplicationController) Causes {
	var c Causes
	c.meta(&rc.Meta, rc.Labels, dnsSubdomain, true)
	s := &rc.DesiredState
	if len(s.ReplicaSelector) == 0 {
		c.required("spec.selector", "give desiredState.replicaSelector the labels of the pods to keep")
	}
	if s.Replicas < 0 {
		c.invalid("spec.replicas", s.Replicas, "use 0 or more")
	}
	t := &s.PodTemplate
	for _, k := range sortedKeys(s.ReplicaSelector) {
		if v, ok := t.Labels[k]; !ok || v != s.ReplicaSelector[k] {
			c.invalid("spec.template.labels", t.Labels, "the template's labels must match replicaSelector")
			break
		}
	}
	c.labels("spec.template.labels", t.Labels)
	c.annotations("spec.template.annotations", t.Annotations)
	m := &t.DesiredState.Manifest
	r.manifest(&c, "spec.template.spec.", m, t.NodeSelector)
	if s.Replicas > 1 {
		for i := range m.Volumes {
			if d := m.Volumes[i].Source.PersistentDisk; d != nil && !d.ReadOnly {
				c.invalid("spec.template.spec.volumes.GCEPersistentDisk.ReadOnly", false, "more than one pod can share a disk only if it is readOnly")
			}
		}
	}
	if p := convert.RestartPolicyToCore(m.RestartPolicy); p != "Always" {
		c.notSupported("spec.template.restartPolicy", p, `use {"always":{}}: a controller's pods are kept running`)
	}
	return c
}

// Service checks a service.
func (r Rules) Service(s *wire.Service) Causes {
	var c Causes
	c.meta(&s.Meta, s.Labels, serviceName, true)
	if !portOK(int64(s.Port)) {
		c.invalid("spec.port", s.Port, portCure)
	}
	if !protocolOK(s.Protocol) {
		c.notSupported("spec.protocol", s.Protocol, protocolCure)
	}
	switch p := s.ContainerPort; {
	case p.Type == intstr.String && p.StrVal == "":
		c.required("spec.containerPort", "name a port of the pods, give its number, or leave it out for their first port")
	case p.Type == intstr.Int && p.IntVal != 0 && !portOK(int64(p.IntVal)):
		c.invalid("spec.containerPort", p.IntVal, portCure+", or 0 for the pods' first port")
	}
	c.labels("spec.selector", s.Selector)
	if a := s.SessionAffinity; a != "None" && a != "ClientIP" {
		c.notSupported("spec.sessionAffinity", a, "use None or ClientIP")
	}
	if s.PortalIP != "" && s.PortalIP != "None" && net.ParseIP(s.PortalIP) == nil {
		c.invalid("spec.portalIP", s.PortalIP, "leave it out, write None, or give an IP address")
	}
	for _, text := range s.PublicIPs {
		if ip := net.ParseIP(text); ip != nil && (ip.IsUnspecified() || ip.IsLoopback()) {
			c.invalid("spec.publicIPs", text, "give an address that others can reach")
		}
	}
	return c
}

// Endpoints checks endpoints.
func (r Rules) Endpoints(e *wire.Endpoints) Causes {
	var c Causes
	c.meta(&e.Meta, nil, dnsSubdomain, true)
	if len(e.Subsets) == 0 {
		for i, text := range e.Endpoints {
			host, portText, err := net.SplitHostPort(text)
			port, portErr := strconv.ParseInt(portText, 10, 32)
			if err != nil || portErr != nil || net.ParseIP(host) == nil || !portOK(port) {
				c.invalid(fmt.Sprintf("endpoints[%d]", i), text, `write "ip:port", such as "10.0.0.1:80"`)
			}
		}
	}
	for i := range e.Subsets {
		s, at := &e.Subsets[i], fmt.Sprintf("subsets[%d]", i)
		if len(s.Addresses) == 0 {
			c.required(at+".addresses", "give at least one address")
		}
		if len(s.Ports) == 0 {
			c.required(at+".ports", "give at least one port")
		}
	}
	return c
}

// Minion checks a minion.
func (r Rules) Minion(m *wire.Minion) Causes {
	var c Causes
	c.meta(&m.Meta, m.Labels, dnsSubdomain, false)
	for _, name := range sortedKeys(m.Resources.Capacity) {
		if m.Resources.Capacity[name].Float() < 0 {
			c.invalid(fmt.Sprintf("status.Capacity[%s]", name), m.Resources.Capacity[name], "use 0 or more")
		}
	}
	return c
}

// Event checks an event.
func (r Rules) Event(e *wire.Event) Causes {
	var c Causes
	if e.InvolvedObject.Kind != "Node" && e.InvolvedObject.Kind != "Minion" && e.Namespace != e.InvolvedObject.Namespace {
		c.invalid("involvedObject.namespace", e.InvolvedObject.Namespace, fmt.Sprintf("must be the event's own namespace, %q", e.Namespace))
	}
	if !dnsSubdomain.ok(e.Namespace) {
		c.invalid("namespace", e.Namespace, dnsSubdomain.cure)
	}
	if e.ID == "" { // a generated one was not offered
		c.required("metadata.name", "give the event an id")
	} else if !dnsSubdomain.ok(e.ID) {
		c.invalid("metadata.name", e.ID, dnsSubdomain.cure)
	}
	return c
}

// Namespace checks a namespace.
func (r Rules) Namespace(n *wire.Namespace) Causes {
	var c Causes
	c.meta(&n.Meta, n.Labels, dnsSubdomain, false)
	for _, f := range n.Spec.Finalizers {
		if !qualifiedName.ok(f) {
			c.invalid("spec.finalizers", f, qualifiedName.cure)
		}
	}
	return c
}

// secretMax bounds all values of a secret together, in bytes.
const secretMax = 1 << 20

// Secret checks a secret.
func (r Rules) Secret(s *wire.Secret) Causes {
	var c Causes
	c.meta(&s.Meta, nil, dnsSubdomain, true)
	size := 0
	for _, k := range sortedKeys(s.Data) {
		if !dnsSubdomain.ok(k) {
			c.invalid(fmt.Sprintf("data[%s]", k), k, dnsSubdomain.cure)
		}
		size += len(s.Data[k])
	}
	if size > secretMax {
		c.forbidden("data", "keep all values together under 1 MiB")
	}
	return c
}

// LimitRange checks a limit range.
func (r Rules) LimitRange(l *wire.LimitRange) Causes {
	var c Causes
	c.meta(&l.Meta, nil, dnsSubdomain, true)
	for i := range l.Spec.Limits {
		for _, side := range []struct {
			name string
			list wire.ResourceList
		}{{"max", l.Spec.Limits[i].Max}, {"min", l.Spec.Limits[i].Min}} {
			for _, name := range sortedKeys(side.list) {
				if !resourceNameOK(name) {
					c.invalid(fmt.Sprintf("spec.limits[%d].%s[%s]", i, side.name, name), name, resourceNameCure)
				}
			}
		}
	}
	return c
}

// Quota checks a resource quota. Servers of the time left the cause's field
// empty.
func (r Rules) Quota(q *wire.ResourceQuota) Causes {
	var c Causes
	c.meta(&q.Meta, q.Labels, dnsSubdomain, true)
	for _, list := range []wire.ResourceList{q.Spec.Hard, q.Status.Hard, q.Status.Used} {
		for _, name := range sortedKeys(list) {
			if !resourceNameOK(name) {
				c.invalid("", name, resourceNameCure)
			}
		}
	}
	return c
}

// Binding checks a binding.
func (r Rules) Binding(b *wire.Binding) Causes {
	var c Causes
	if b.Host == "" {
		c.required("to.name", "name the host in host")
	}
	return c
}
