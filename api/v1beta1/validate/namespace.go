package validate

import (
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// Namespace checks a namespace.
func Namespace(n *wire.Namespace) Causes {
	var c Causes
	c.meta(&n.Meta, n.Labels, dnsSubdomain, false)
	for _, f := range n.Spec.Finalizers {
		if !qualifiedName.ok(f) {
			c.invalid("spec.finalizers", f, qualifiedName.cure)
		}
	}
	return c
}
