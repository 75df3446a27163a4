package validate

import (
	"fmt"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// secretMax bounds the total size of a secret's values, in bytes.
const secretMax = 1 << 20

// Secret checks a secret.
func Secret(s *wire.Secret) Causes {
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
