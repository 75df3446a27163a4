package v1beta1

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/convert"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// body reads a request's body, up to the limit.
func (c *call) body() ([]byte, error) {
	b, err := io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, c.maxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, failure(http.StatusRequestEntityTooLarge, "RequestEntityTooLarge",
			fmt.Sprintf("the body is too large: send at most %d bytes", tooLarge.Limit), nil)
	case err != nil:
		return nil, badRequest("the body broke off: %v", err)
	}
	return b, nil
}

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

// read decodes a body into an object of the given kind. The body is JSON
// whatever its Content-Type says.
func read(body []byte, kind string, into any) error {
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
	return words(into)
}

// object reads a body in any of the old versions into an object of the call's kind.
func (c *call) object(body []byte) (wire.Object, error) {
	var h head
	if json.Unmarshal(body, &h) == nil && h.APIVersion == v1beta3 && (h.Kind == "" || h.Kind == c.coreType().Kind) {
		return c.readBeta3(body)
	}
	o := c.make()
	return o, read(body, c.name, o)
}

// words checks the status words, as v1beta1 did while decoding.
func words(o any) error {
	pod, ok := o.(*wire.Pod)
	if !ok {
		return nil
	}
	for field, word := range map[string]string{"desiredState.status": pod.DesiredState.Status, "currentState.status": pod.CurrentState.Status} {
		if _, ok := convert.PodPhase(word); !ok {
			return badRequest("%s: %q is no status: use Waiting, Running, Succeeded, Terminated or Unknown", field, word)
		}
	}
	return nil
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
