package validate

import (
	"fmt"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

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
	if e.ID == "" { // servers of the time did not generate one
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

// secretMax bounds the total size of a secret's values, in bytes.
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
