package executor

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr/funcr"
)

// A node that reports faster than the loop reads is never held up, and the loop gets the
// latest report of each kind.
func TestObserverKeepsTheLatest(t *testing.T) {
	t.Parallel()
	o := newObserver()
	for _, phase := range []Phase{Pending, Running, Succeeded} {
		o.Pods([]Pod{{Ref: refOf("a"), Phase: phase}})
		o.Waits("for " + string(phase))
		o.Up()
	}
	if got := <-o.pods; len(got) != 1 || got[0].Phase != Succeeded {
		t.Errorf("pods %v", got)
	}
	if got := <-o.waits; got != "for Succeeded" {
		t.Errorf("it waits %q", got)
	}
	<-o.up
	if len(o.pods)+len(o.waits)+len(o.up) > 0 {
		t.Error("there is more than the latest")
	}
}

// Attempts come ever more seldom, up to every two seconds. Failures are logged with the pod's
// name; what is merely not done yet is not.
func TestRetry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var lines []string
		l := &loop{log: funcr.New(func(_, line string) { lines = append(lines, line) }, funcr.Options{})}
		began := time.Now()
		var at []time.Duration
		l.retry(t.Context(), func() (bool, error) {
			at = append(at, time.Since(began))
			switch len(at) {
			case 2, 4:
				return true, errors.New("no API server answers") // done is of no use after a failure
			}
			return len(at) == 9, nil
		}, "deleting a pod", refOf("a"))
		const ms = time.Millisecond
		if want := []time.Duration{0, 50 * ms, 150 * ms, 350 * ms, 750 * ms, 1550 * ms, 3150 * ms, 5150 * ms, 7150 * ms}; !slices.Equal(at, want) {
			t.Errorf("attempts at %v, want %v", at, want)
		}
		if len(lines) != 2 || !strings.Contains(lines[0], "default/a") || !strings.Contains(lines[0], "no API server answers") {
			t.Errorf("logged %q", lines)
		}

		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		began = time.Now()
		l.retry(ctx, func() (bool, error) { return false, nil }, "deleting a pod", refOf("a"))
		if took := time.Since(began); took != 10*time.Second || len(lines) != 2 {
			t.Errorf("it ended after %v, logged %q", took, lines)
		}
	})
}
