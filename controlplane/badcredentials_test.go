package controlplane

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"k8s.io/apiserver/pkg/authentication/authenticator"
)

// Guessed credentials are logged once a second, with the number of attempts.
func TestComplaints(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	var logged []string
	c := &complaints{
		now: func() time.Time { return now },
		log: funcr.New(func(_, line string) { logged = append(logged, line) }, funcr.Options{}),
	}
	r := httptest.NewRequest("GET", "/", nil)
	for range 2001 {
		c.bad(r, errors.New("no such\ntoken"))
		now = now.Add(time.Millisecond)
	}
	const line = `"msg"="a request with bad credentials" "error"="no such\ntoken" "from"="192.0.2.1:1234" "more since the last line"=%d`
	want := []string{fmt.Sprintf(line, 0), fmt.Sprintf(line, 999), fmt.Sprintf(line, 999)}
	if !slices.Equal(logged, want) {
		t.Errorf("logged %q, want %q", logged, want)
	}
}

// The API server logs no line itself for a request with bad credentials.
func TestBadCredentialsAreNoErrors(t *testing.T) {
	t.Parallel()
	failing := authenticator.RequestFunc(func(*http.Request) (*authenticator.Response, bool, error) {
		return nil, false, errors.New("no such token")
	})
	response, ok, err := withComplaints(failing, logr.Discard()).AuthenticateRequest(httptest.NewRequest("GET", "/", nil))
	if response != nil || ok || err != nil {
		t.Errorf("got %v, %t, %v; want the caller refused and no error", response, ok, err)
	}
}
