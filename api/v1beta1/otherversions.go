package v1beta1

import (
	"encoding/json"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// Servers of the time accepted bodies of their other versions at every path, and
// answered in the path's version. v1beta2 spells pods and controllers like v1beta1.
// v1beta3 was the draft of v1.
const (
	v1beta2 = "v1beta2"
	v1beta3 = "v1beta3"
)

// readBeta3 decodes an object of v1beta3, which is one of core/v1 except for a few
// members renamed before v1.
func (c *call) readBeta3(body []byte) (wire.Object, error) {
	var members map[string]any
	if err := json.Unmarshal(body, &members); err != nil {
		return nil, decodeError(c.name, err)
	}
	members["apiVersion"] = "v1"
	if spec, ok := members["spec"].(map[string]any); ok {
		toV1Spec(spec)
		if template, ok := spec["template"].(map[string]any); ok {
			if spec, ok := template["spec"].(map[string]any); ok {
				toV1Spec(spec)
			}
		}
	}
	renamed, err := json.Marshal(members)
	if err != nil {
		return nil, decodeError(c.name, err)
	}
	core := c.makeCore()
	if err := json.Unmarshal(renamed, core); err != nil {
		return nil, decodeError(c.name, err)
	}
	return c.show(core), nil
}

// toV1Spec renames the members of a pod's or a service's spec.
func toV1Spec(spec map[string]any) {
	rename(spec, "host", "nodeName")
	rename(spec, "portalIP", "clusterIP")
	rename(spec, "publicIPs", "externalIPs")
	if lb, _ := spec["createExternalLoadBalancer"].(bool); lb {
		spec["type"] = "LoadBalancer"
	}
	if port, ok := spec["port"]; ok && spec["ports"] == nil {
		only := map[string]any{"port": port}
		for _, name := range []string{"protocol", "targetPort", "containerPort"} {
			if v, ok := spec[name]; ok {
				only[name] = v
			}
		}
		rename(only, "containerPort", "targetPort")
		spec["ports"] = []any{only}
	}
	containers, _ := spec["containers"].([]any)
	for _, each := range containers {
		container, _ := each.(map[string]any)
		security := map[string]any{}
		for _, name := range []string{"privileged", "capabilities"} {
			if v, ok := container[name]; ok {
				security[name] = v
			}
		}
		if len(security) > 0 && container["securityContext"] == nil {
			container["securityContext"] = security
		}
	}
}

func rename(m map[string]any, from, to string) {
	if v, ok := m[from]; ok && m[to] == nil {
		m[to] = v
		delete(m, from)
	}
}
