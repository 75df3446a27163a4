package v1beta1

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/backend"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// head is the part of a body that is read first: its kind and version, and whether it
// is written for core/v1.
type head struct {
	Kind       string          `json:"kind"`
	APIVersion string          `json:"apiVersion"`
	Metadata   json.RawMessage `json:"metadata"`
	Spec       json.RawMessage `json:"spec"`
}

// specKinds are the kinds that have a spec in v1beta1, too.
var specKinds = map[string]bool{"Namespace": true, "LimitRange": true, "ResourceQuota": true}

// decodeObject decodes a body into an object of the given kind. The body is JSON
// whatever its Content-Type says.
func decodeObject(body []byte, kind string, into any) error {
	if len(body) == 0 {
		return badRequest("the body is empty: send a %s as JSON", kind)
	}
	var h head
	if err := json.Unmarshal(body, &h); err != nil {
		return decodeError(kind, err)
	}
	switch {
	case h.APIVersion == v1beta2:
	case h.APIVersion != "" && h.APIVersion != wire.APIVersion:
		return badRequest("apiVersion: %q is not served here: write %q, or post to another version's path", h.APIVersion, wire.APIVersion)
	case h.Kind != "" && h.Kind != kind && (h.Kind != "Node" || kind != "Minion"):
		return badRequest("kind: a %q cannot be handled as a %s: write %q, or post to the path of its kind", h.Kind, kind, kind)
	case h.Metadata != nil:
		return badRequest("metadata: v1beta1 has no metadata: write id (for name), namespace, labels and annotations at the top level, or post core/v1 objects to /api/v1")
	case h.Spec != nil && !specKinds[kind]:
		return badRequest("spec: a %s of v1beta1 has no spec: see desiredState, or post core/v1 objects to /api/v1", kind)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return decodeError(kind, err)
	}
	return nil
}

// decodeAny reads a body in any of the old versions into an object of one kind.
func decodeAny(k kind, body []byte) (wire.Object, error) {
	var h head
	core := k.describe().coreType().Kind
	if json.Unmarshal(body, &h) == nil && h.APIVersion == v1beta3 && (h.Kind == "" || h.Kind == core) {
		return decodeBeta3(k, body)
	}
	return k.decode(body)
}

// decodeError names the position of what cannot be decoded.
func decodeError(kind string, err error) error {
	var syntax *json.SyntaxError
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return badRequest("the body is not a %s in JSON: at byte %d: %v", kind, syntax.Offset, syntax)
	case errors.As(err, &wrong) && wrong.Field == "":
		return badRequest("the body is a JSON %s: send a %s as a JSON object", wrong.Value, kind)
	case errors.As(err, &wrong):
		return badRequest("%s: wrong type: a JSON %s where a %s has %s", jsonPath.Replace(wrong.Field), wrong.Value, kind, jsonName(wrong.Type.Kind().String()))
	}
	return badRequest("the body cannot be read as a %s: %v", kind, err)
}

// jsonPath removes the Go names of embedded structs from a field's path.
var jsonPath = strings.NewReplacer("Meta.", "", "Handler.", "")

// jsonName returns JSON's name for a Go type.
func jsonName(goKind string) string {
	switch goKind {
	case "struct", "map":
		return "an object"
	case "slice":
		return "an array"
	case "string":
		return "text"
	case "bool":
		return "true or false"
	}
	return "an integer"
}

// Servers of the time accepted bodies of their other versions at every path, and
// answered in the path's version. v1beta2 spells pods and controllers like v1beta1.
// v1beta3 was the draft of v1.
const (
	v1beta2 = "v1beta2"
	v1beta3 = "v1beta3"
)

// decodeBeta3 decodes an object of v1beta3, which is one of core/v1 except for a few
// members renamed before v1.
func decodeBeta3(k kind, body []byte) (wire.Object, error) {
	names := k.describe()
	var members map[string]any
	if err := json.Unmarshal(body, &members); err != nil {
		return nil, decodeError(names.name, err)
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
		return nil, decodeError(names.name, err)
	}
	o, err := backend.NewObject(names.coreType().Kind)
	if err != nil {
		return nil, err
	}
	core, err := asObject(o)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(renamed, core); err != nil {
		return nil, decodeError(names.name, err)
	}
	return k.fromCore(core), nil
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
