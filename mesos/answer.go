package mesos

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// maxText bounds how much is read of an answer that is not a stream, in bytes.
const maxText = 4 << 10

// text reads and closes the body of an answer that is not a stream, so its
// connection can be reused. It takes no longer than the head may take.
func text(resp *http.Response) string {
	defer resp.Body.Close()
	defer time.AfterFunc(answerTimeout, func() { resp.Body.Close() }).Stop()
	b, _ := io.ReadAll(io.LimitReader(resp.Body, maxText)) // a truncated answer is still an answer
	return strings.TrimSpace(string(b))
}

// A statusError is an answer with an unexpected status.
type statusError struct {
	by     string
	status int
	text   string
}

func (e *statusError) Error() string {
	return strings.TrimSpace(fmt.Sprintf("%s answers %s %s", e.by, httpStatus(e.status), e.text))
}

// retry reports whether the same SUBSCRIBE may succeed later: 503 comes from
// masters and agents that recover, 404 from those that have just started
// (src/scheduler/scheduler.cpp and src/executor/executor.cpp of Mesos).
func (e *statusError) retry() bool {
	switch e.status {
	case http.StatusNotFound, http.StatusRequestTimeout, http.StatusTooManyRequests:
		return true
	case http.StatusNotImplemented:
		return false
	}
	return e.status < 400 || e.status >= 500
}

// rejected returns the error that ends Run, or nil if err may be temporary.
func rejected(err error) error {
	if e := (*statusError)(nil); errors.As(err, &e) && !e.retry() {
		return &RejectedError{By: e.by, Status: e.status, Message: e.text}
	}
	return nil
}
