package pipenet

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// A host answers under its name from Serve until stop, and its connections break then.
func TestServe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := New(t)
		client := &http.Client{Transport: &http.Transport{DialContext: n.Dial}}
		defer client.CloseIdleConnections()
		get := func() error {
			answer, err := client.Get("http://m:1/")
			if err != nil {
				return err
			}
			defer answer.Body.Close()
			_, err = io.ReadAll(answer.Body)
			return err
		}
		if get() == nil {
			t.Error("a host that does not serve answers")
		}
		stop := n.Serve("m:1", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "here")
		}))
		for range 2 {
			if err := get(); err != nil {
				t.Error(err)
			}
		}
		if d := n.Dialled("m:1"); d != 2 {
			t.Errorf("dialled %d times, want one time in vain and one for both requests", d)
		}
		stop()
		if get() == nil {
			t.Error("a host that has stopped answers")
		}
	})
}

// Dial waits for a host that listens but does not accept, no longer than its context and
// the host last.
func TestDialWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := New(t)
		host := n.Listen("m:1")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := n.Dial(ctx, "tcp", "m:1"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		time.AfterFunc(time.Second, func() { host.Close() })
		if _, err := n.Dial(t.Context(), "tcp", "m:1"); err == nil {
			t.Error("a closed host has accepted")
		}
		if _, err := host.Accept(); err == nil {
			t.Error("a closed host accepts")
		}
	})
}
