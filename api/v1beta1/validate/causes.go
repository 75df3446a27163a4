package validate

import (
	"fmt"
	"slices"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// Causes collects faults in the order in which they are found.
type Causes []wire.Cause

func (c *Causes) add(reason, phrase, field string, value any, cure string) {
	message := field + ": " + phrase
	if value != nil {
		message += fmt.Sprintf(" '%v'", value)
	}
	if cure != "" {
		message += ": " + cure
	}
	*c = append(*c, wire.Cause{Reason: reason, Message: message, Field: field})
}

func (c *Causes) required(field, cure string) {
	c.add(wire.CauseRequired, "required value", field, nil, cure)
}

func (c *Causes) invalid(field string, value any, cure string) {
	c.add(wire.CauseInvalid, "invalid value", field, value, cure)
}

func (c *Causes) duplicate(field string, value any) {
	c.add(wire.CauseDuplicate, "duplicate value", field, value, "each may be used once")
}

func (c *Causes) notFound(field string, value any, cure string) {
	c.add(wire.CauseNotFound, "not found", field, value, cure)
}

func (c *Causes) notSupported(field string, value any, cure string) {
	c.add(wire.CauseNotSupported, "unsupported value", field, value, cure)
}

func (c *Causes) forbidden(field, cure string) {
	c.add(wire.CauseForbidden, "forbidden", field, nil, cure)
}

func (c *Causes) tooLong(field, cure string) {
	c.add(wire.CauseTooLong, "too long", field, nil, cure)
}

// message adds a fault that servers of the time reported only as text, without a
// cause.
func (c *Causes) message(field string, value any, cure string) {
	*c = append(*c, wire.Cause{Message: fmt.Sprintf("%s: invalid value '%v': %s", field, value, cure)})
}

// Details returns the causes that a Status lists.
func (c Causes) Details() []wire.Cause {
	return slices.DeleteFunc(slices.Clone(c), func(cause wire.Cause) bool { return cause.Reason == "" })
}

// Without leaves out the faults that the stored object already has: they are not this
// client's, and must not keep it from changing something else.
func (c Causes) Without(stored Causes) Causes {
	return slices.DeleteFunc(slices.Clone(c), func(cause wire.Cause) bool { return slices.Contains(stored, cause) })
}
