// Package outage reports a server that does not answer: in the log at once, then
// at growing intervals, and once more when the server is back.
package outage

import (
	"fmt"
	"strings"
	"time"

	"github.com/go-logr/logr"
)

// The intervals between two lines about the same outage.
const (
	firstInterval = 5 * time.Second
	lastInterval  = 5 * time.Minute
)

// An Outage follows the attempts to reach one server. It is not safe for
// concurrent use. The zero value with Server set is ready.
type Outage struct {
	Server string // which one, and how it was found, if not by its address
	Log    logr.Logger

	since    time.Time // of the first failed attempt; zero: the server answers
	next     time.Time // nothing new is logged before this
	interval time.Duration
}

// Error describes a failed attempt to others. While the cause stays the same, so
// does the sentence.
type Error struct {
	Server string
	Since  time.Time
	Retry  time.Duration // upper limit of the time between attempts
	Cause  error
}

func (e *Error) Error() string {
	return fmt.Sprintf("no connection to %s since %s: %v; the next attempt is made within %v",
		e.Server, e.Since.UTC().Format(time.RFC3339), strings.ReplaceAll(e.Cause.Error(), "\n", "; "), e.Retry)
}

func (e *Error) Unwrap() error { return e.Cause }

// Failed records a failed attempt; the next one follows within retry. It returns an
// *Error.
func (o *Outage) Failed(cause error, retry time.Duration) error {
	now := time.Now()
	if o.since.IsZero() {
		o.since, o.next, o.interval = now, now, firstInterval
	}
	err := &Error{o.Server, o.since, retry, cause}
	if !now.Before(o.next) {
		o.Log.WithCallDepth(1).Error(nil, err.Error())
		o.next = now.Add(o.interval)
		o.interval = min(2*o.interval, lastInterval)
	}
	return err
}

// Over reports that the server answers; by is its address if Server does not contain
// it, and otherwise empty. Without an outage it does nothing.
func (o *Outage) Over(by string) {
	if o.since.IsZero() {
		return
	}
	if by != "" {
		by = " at " + by
	}
	o.Log.WithCallDepth(1).Info(fmt.Sprintf("connected to %s%s after %v", o.Server, by, time.Since(o.since).Round(time.Millisecond)))
	o.since = time.Time{}
}
