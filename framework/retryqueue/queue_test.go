package retryqueue

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
)

// run lets a queue work for an hour of simulated time, one worker.
func run(t *testing.T, add func(*Queue[string]), do func(key string, since time.Duration) error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		q := New[string](logr.Discard())
		add(q)
		ctx, stop := context.WithTimeout(t.Context(), time.Hour)
		defer stop()
		began := time.Now()
		q.Run(ctx, 1, func(_ context.Context, key string) error { return do(key, time.Since(began)) })
	})
}

// What fails is repeated, less and less often, until it succeeds.
func TestFailuresAreRepeated(t *testing.T) {
	t.Parallel()
	var at []time.Duration
	run(t, func(q *Queue[string]) { q.Add("a") }, func(_ string, since time.Duration) error {
		at = append(at, since.Round(10*time.Millisecond))
		if len(at) < 13 {
			return errors.New("as the test has it")
		}
		return nil
	})
	if len(at) != 13 || at[1] != ShortestPause || at[3] != 7*ShortestPause {
		t.Fatalf("attempts at %v", at)
	}
	if last := at[12] - at[11]; last != LongestPause {
		t.Errorf("the last pause is %s", last)
	}
}

// A key that fails holds up no other, and a success ends its backoff.
func TestKeysAreIndependent(t *testing.T) {
	t.Parallel()
	var order []string
	run(t, func(q *Queue[string]) {
		for _, key := range []string{"bad", "good", "good"} {
			q.Add(key)
		}
		q.AddAfter("late", time.Minute)
	}, func(key string, _ time.Duration) error {
		order = append(order, key)
		if key == "bad" && len(order) < 4 {
			return errors.New("as the test has it")
		}
		return nil
	})
	if want := []string{"bad", "good", "bad", "bad", "late"}; !slices.Equal(order, want) {
		t.Errorf("worked on %q, want %q", order, want)
	}
}

// Run returns only when no worker works.
func TestRunWaitsForItsWorkers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := New[int](logr.Discard())
		q.Add(1)
		ctx, stop := context.WithCancel(t.Context())
		over := false
		q.Run(ctx, 2, func(context.Context, int) error {
			stop()
			time.Sleep(time.Second) // of the bubble's time
			over = true
			return ctx.Err()
		})
		if !over {
			t.Error("Run has returned while a worker worked")
		}
	})
}
