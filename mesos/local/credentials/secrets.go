package credentials

import (
	"crypto/rand"
	"crypto/subtle"
	"net/http"
	"strings"
)

// Secrets are the secrets of principals. Without any, every client is allowed.
type Secrets map[string]string

// Authenticate returns who a request is from, "" without Secrets, and whether it is
// allowed.
func (s Secrets) Authenticate(r *http.Request) (principal string, ok bool) {
	if len(s) == 0 {
		return "", true
	}
	if !strings.HasPrefix(r.Header.Get("Authorization"), "Basic ") { // case-sensitive, as in Mesos
		return "", false
	}
	principal, secret, ok := r.BasicAuth()
	want, known := s[principal]
	return principal, ok && known && subtle.ConstantTimeCompare([]byte(secret), []byte(want)) == 1
}

// Require refuses requests that are not allowed.
func (s Secrets) Require(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := s.Authenticate(r); !ok {
			w.Header().Set("WWW-Authenticate", `Basic realm="local-mesos"`)
			http.Error(w, "401 Unauthorized.", http.StatusUnauthorized)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// NewToken returns a token that an executor shows its agent.
func NewToken() string { return rand.Text() }

// Bearer returns the token that a request shows, if any.
func Bearer(r *http.Request) (token string, ok bool) {
	return strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
}
