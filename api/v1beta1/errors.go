package v1beta1

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/validate"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// statusError is an error whose answer is the Status in it.
type statusError struct{ wire.Status }

func (e *statusError) Error() string { return e.Message }

// status returns s with the members that every Status has.
func status(s wire.Status) wire.Status {
	s.Kind, s.APIVersion = "Status", wire.APIVersion
	return s
}

func failure(code int, reason, message string, details *wire.Details) error {
	return &statusError{status(wire.Status{
		Status: wire.Failure, Message: message, Reason: reason, Details: details, Code: code,
	})}
}

func badRequest(format string, args ...any) error {
	return failure(http.StatusBadRequest, "BadRequest", fmt.Sprintf(format, args...), nil)
}

func notFound(kind, id string) error {
	return failure(http.StatusNotFound, "NotFound", fmt.Sprintf("%s %q not found", kind, id), &wire.Details{ID: id, Kind: kind})
}

func conflict(kind, id, why string) error {
	return failure(http.StatusConflict, "Conflict", fmt.Sprintf("%s %q cannot be updated: %s", kind, id, why),
		&wire.Details{ID: id, Kind: kind})
}

// invalid returns the error for an invalid object.
func invalid(kind, id string, causes validate.Causes) error {
	messages := make([]string, len(causes))
	for i, c := range causes {
		messages[i] = c.Message
	}
	text := strings.Join(messages, ", ")
	if len(messages) > 1 {
		text = "[" + text + "]"
	}
	return failure(http.StatusUnprocessableEntity, "Invalid", fmt.Sprintf("%s %q is invalid: %s", kind, id, text),
		&wire.Details{ID: id, Kind: kind, Causes: causes.Details()})
}

func noSuchPath(r *http.Request) error {
	return failure(http.StatusNotFound, "NotFound",
		fmt.Sprintf("%s: there is nothing here: resources are spelt pods, replicationControllers, services, endpoints, minions, events, namespaces, secrets, limitRanges, resourceQuotas, bindings", r.URL.Path), nil)
}

func noSuchMethod(w http.ResponseWriter, r *http.Request, routes methods) error {
	var allowed []string
	for m := range routes {
		allowed = append(allowed, m)
	}
	slices.Sort(allowed)
	list := strings.Join(allowed, ", ")
	w.Header().Set("Allow", list)
	return failure(http.StatusMethodNotAllowed, "MethodNotAllowed",
		fmt.Sprintf("%s is not offered at %s: use %s", r.Method, r.URL.Path, list), nil)
}

// writeError answers a failed call.
func writeError(w http.ResponseWriter, err error) {
	var e *statusError
	if !errors.As(err, &e) {
		errors.As(failure(http.StatusInternalServerError, "InternalError", err.Error(), nil), &e)
	}
	if e.Details != nil && e.Details.RetryAfterSeconds > 0 {
		w.Header().Set("Retry-After", fmt.Sprint(e.Details.RetryAfterSeconds))
	}
	writeJSON(w, e.Code, &e.Status)
}

// indentMax is the size, in bytes, up to which answers are indented for human
// readers. Indenting larger ones would take longer than the rest of the translation.
const indentMax = 64 << 10

// writeJSON answers with an object.
func writeJSON(w http.ResponseWriter, code int, v any) {
	body, err := json.Marshal(v)
	if err == nil && len(body) <= indentMax {
		var indented bytes.Buffer
		err = json.Indent(&indented, body, "", "  ")
		body = indented.Bytes()
	}
	if err != nil {
		http.Error(w, "cannot write the answer as JSON: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	w.Write(body) // an error means that the client is gone
}

// translate turns an error of the API server into one of v1beta1: details use the
// kind's name from servers of the time, and the old names of fields.
func (k *kind) translate(err error, update bool) error {
	var in *innerError
	if !errors.As(err, &in) {
		return err
	}
	s := in.status
	out := status(wire.Status{Status: wire.Failure, Message: s.Message, Reason: string(s.Reason), Code: int(s.Code)})
	d := &wire.Details{Kind: k.errorKind}
	if s.Details != nil {
		d.ID, d.RetryAfterSeconds = s.Details.Name, int(s.Details.RetryAfterSeconds)
	}
	switch s.Reason {
	case metav1.StatusReasonNotFound, metav1.StatusReasonAlreadyExists, metav1.StatusReasonConflict:
		out.Details = d
	case metav1.StatusReasonInvalid:
		d.Kind = k.invalidKind(update)
		if s.Details != nil {
			d.Causes = k.causes(s.Details.Causes)
		}
		out.Details = d
	case metav1.StatusReasonBadRequest:
	default:
		if d.ID != "" || d.RetryAfterSeconds != 0 {
			out.Details = d
		}
	}
	return &statusError{out}
}

// causes renames core's fields, and drops the resulting duplicates.
func (k *kind) causes(in []metav1.StatusCause) []wire.Cause {
	var out []wire.Cause
	for _, c := range in {
		w := wire.Cause{Reason: string(c.Type), Message: c.Field + ": " + c.Message, Field: k.oldField(c.Field)}
		if !slices.ContainsFunc(out, func(have wire.Cause) bool { return have.Reason == w.Reason && have.Field == w.Field }) {
			out = append(out, w)
		}
	}
	return out
}

// oldField returns the name by which v1beta1 clients know a field of core.
func (k *kind) oldField(field string) string {
	for _, f := range k.coreFields {
		if rest, ok := strings.CutPrefix(field, f.core); ok {
			if f.whole {
				rest = ""
			}
			return f.old + rest
		}
	}
	return field
}
