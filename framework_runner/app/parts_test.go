package app

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/go-logr/logr"
)

// Parts end in the reverse order of their start, each only after the ones that
// depend on it have ended.
func TestPartsEndInReverse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newParts(logr.Discard())
		var ended []string
		for _, name := range []string{"store", "server", "loop"} {
			p.start(t.Context(), name, func(ctx context.Context) error {
				<-ctx.Done()
				ended = append(ended, name)
				return ctx.Err()
			})
		}
		if err := p.stop(); err != nil {
			t.Error(err)
		}
		if want := []string{"loop", "server", "store"}; !slices.Equal(ended, want) {
			t.Errorf("ended in the order %q, want %q", ended, want)
		}
	})
}

// A part that ends by itself ends the process, and is reported by name.
func TestPartFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newParts(logr.Discard())
		p.start(t.Context(), "good", func(ctx context.Context) error { <-ctx.Done(); return nil })
		p.start(t.Context(), "bad", func(context.Context) error { return errors.New("disk full") })
		if err := p.wait(t.Context()); err == nil || !strings.Contains(err.Error(), "bad: disk full") {
			t.Errorf("waiting returned %v", err)
		}
		if err := p.stop(); err != nil {
			t.Errorf("stopping returned %v, though wait told of it", err)
		}
	})
}

// Being told to end is no failure; failing to end well is.
func TestPartFailsWhenStopped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		p := newParts(logr.Discard())
		p.start(ctx, "sour", func(ctx context.Context) error { <-ctx.Done(); return errors.New("left a mess") })
		cancel()
		if err := p.wait(ctx); err != nil {
			t.Error(err)
		}
		if err := p.stop(); err == nil || !strings.Contains(err.Error(), "sour: left a mess") {
			t.Errorf("stopping returned %v", err)
		}
	})
}
