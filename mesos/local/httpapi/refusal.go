package httpapi

import (
	"fmt"
	"net/http"
)

// A Refusal is an answer that refuses a request; nil is none.
type Refusal struct {
	Status int
	Text   string
}

// Refuse returns a Refusal.
func Refuse(status int, format string, args ...any) *Refusal {
	return &Refusal{status, fmt.Sprintf(format, args...)}
}

// Write answers a request to an API, to which only POST is allowed. A client that is not
// known is told to authenticate by challenge.
func (r *Refusal) Write(w http.ResponseWriter, challenge string) {
	switch r.Status {
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", http.MethodPost)
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", challenge)
	}
	http.Error(w, r.Text, r.Status)
}
