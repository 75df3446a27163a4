package controlplane

import (
	"net/http"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apiserver/pkg/authentication/authenticator"
)

// complaintPeriod is the minimum interval between log lines about bad credentials.
const complaintPeriod = time.Second

// complaints logs bad credentials once per period and counts the rest, so someone
// guessing credentials cannot fill the log.
type complaints struct {
	now func() time.Time
	log logr.Logger

	mu       sync.Mutex // guards what follows
	next     time.Time
	unlogged int
}

// bad records a request with bad credentials.
func (c *complaints) bad(r *http.Request, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if now.Before(c.next) {
		c.unlogged++
		return
	}
	c.log.Error(err, "a request with bad credentials", "from", r.RemoteAddr, "more since the last line", c.unlogged)
	c.next, c.unlogged = now.Add(complaintPeriod), 0
}

// withComplaints passes requests to next. An error from next, which the API server
// would log each time, becomes a complaint; the caller gets the same answer.
func withComplaints(next authenticator.Request, log logr.Logger) authenticator.Request {
	c := &complaints{now: time.Now, log: log}
	return authenticator.RequestFunc(func(r *http.Request) (*authenticator.Response, bool, error) {
		response, ok, err := next.AuthenticateRequest(r)
		if err != nil {
			c.bad(r, err)
			return nil, false, nil
		}
		return response, ok, nil
	})
}
