package validate

import (
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
	c.number("spec.replicas", int64(s.Replicas), "")
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
