package validate

import (
	"fmt"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// Minion checks a minion.
func Minion(m *wire.Minion) Causes {
	var c Causes
	c.meta(&m.Meta, m.Labels, dnsSubdomain, false)
	for _, name := range sortedKeys(m.Resources.Capacity) {
		if m.Resources.Capacity[name].Float() < 0 {
			c.invalid(fmt.Sprintf("status.Capacity[%s]", name), m.Resources.Capacity[name], "use 0 or more")
		}
	}
	return c
}
