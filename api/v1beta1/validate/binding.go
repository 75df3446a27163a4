package validate

import (
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// Binding checks a binding.
func Binding(b *wire.Binding) Causes {
	var c Causes
	if b.Host == "" {
		c.required("to.name", "name the host in host")
	}
	return c
}
