package v1beta1

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/backend"
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

// unreachable returns the error for an object without an address.
func unreachable(format string, args ...any) error {
	return failure(http.StatusInternalServerError, "InternalError", fmt.Sprintf(format, args...), nil)
}

// isReason reports whether the answer to an error has this reason.
func isReason(err error, reason metav1.StatusReason) bool {
	e, ok := err.(*statusError)
	return ok && e.Reason == string(reason)
}

func isNotFound(err error) bool { return isReason(err, metav1.StatusReasonNotFound) }

func isConflict(err error) bool { return isReason(err, metav1.StatusReasonConflict) }

// translate turns a refusal by the API server into one of v1beta1: details use the
// kind's name from servers of the time, and the old names of fields. It returns other
// errors unchanged.
func translate(k kind, err error, update bool) error {
	var refusal *backend.Error
	if !errors.As(err, &refusal) {
		return err
	}
	names, s := k.describe(), refusal.Status
	out := status(wire.Status{Status: wire.Failure, Message: s.Message, Reason: string(s.Reason), Code: int(s.Code)})
	d := &wire.Details{Kind: names.errorKind}
	if s.Details != nil {
		d.ID, d.RetryAfterSeconds = s.Details.Name, int(s.Details.RetryAfterSeconds)
	}
	switch s.Reason {
	case metav1.StatusReasonNotFound, metav1.StatusReasonAlreadyExists, metav1.StatusReasonConflict:
		out.Details = d
	case metav1.StatusReasonInvalid:
		d.Kind = names.invalidKind(update)
		if s.Details != nil {
			d.Causes = causes(k, s.Details.Causes)
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
func causes(k kind, in []metav1.StatusCause) []wire.Cause {
	var out []wire.Cause
	for _, c := range in {
		w := wire.Cause{Reason: string(c.Type), Message: c.Field + ": " + c.Message, Field: c.Field}
		if k, ok := k.(fieldTranslator); ok {
			w.Field = k.oldField(c.Field)
		}
		if !slices.ContainsFunc(out, func(have wire.Cause) bool { return have.Reason == w.Reason && have.Field == w.Field }) {
			out = append(out, w)
		}
	}
	return out
}
