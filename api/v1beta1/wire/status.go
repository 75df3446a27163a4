package wire

// Status is the answer to a call that has no object to return, and the body of every
// error.
type Status struct {
	Meta
	Status  string   `json:"status,omitempty"`
	Message string   `json:"message,omitempty"`
	Reason  string   `json:"reason,omitempty"`
	Details *Details `json:"details,omitempty"`
	Code    int      `json:"code,omitempty"`
}

// The two values of Status.Status.
const (
	Success = "Success"
	Failure = "Failure"
)

// Details identifies the subject of a Status.
type Details struct {
	ID                string  `json:"id,omitempty"`
	Kind              string  `json:"kind,omitempty"`
	Causes            []Cause `json:"causes,omitempty"`
	RetryAfterSeconds int     `json:"retryAfterSeconds,omitempty"`
}

// Cause is one fault of an object. Its field uses the internal names of the time
// (metadata.name, spec.containers[0].image).
type Cause struct {
	Reason  string `json:"reason,omitempty"`
	Message string `json:"message,omitempty"`
	Field   string `json:"field,omitempty"`
}

// The reasons of a Cause.
const (
	CauseRequired     = "FieldValueRequired"
	CauseInvalid      = "FieldValueInvalid"
	CauseDuplicate    = "FieldValueDuplicate"
	CauseNotFound     = "FieldValueNotFound"
	CauseNotSupported = "FieldValueNotSupported"
	CauseForbidden    = "FieldValueForbidden"
	CauseTooLong      = "FieldValueTooLong"
)

// WatchEvent is one frame of a watch: ADDED, MODIFIED, DELETED, or ERROR with
// a Status as its object.
type WatchEvent struct {
	Type   string `json:"type"`
	Object Object `json:"object"`
}
