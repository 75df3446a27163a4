package validate

import (
	"fmt"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// LimitRange checks a limit range.
func LimitRange(l *wire.LimitRange) Causes {
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
func Quota(q *wire.ResourceQuota) Causes {
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
