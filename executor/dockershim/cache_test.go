package dockershim

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim/spec"
)

// A cache has what was set last, and the sweep keeps only what is still there.
func TestCache(t *testing.T) {
	t.Parallel()
	var c cache[int]
	if _, ok := c.get("a"); ok {
		t.Error("an empty cache has something")
	}
	c.set("a", 1)
	c.set("a", 2)
	c.set("b", 3)
	c.set("c", 4)
	c.drop("c")
	for id, want := range map[string]int{"a": 2, "b": 3, "c": 0} {
		if got, ok := c.get(id); got != want || ok != (want != 0) {
			t.Errorf("%s: %d, %v", id, got, ok)
		}
	}
	c.keep(map[string]bool{"b": true})
	if _, ok := c.get("a"); ok {
		t.Error("a is kept")
	}
	if _, ok := c.get("b"); !ok {
		t.Error("b is gone")
	}
}

// Work is done on all items, some at a time, and every error is returned.
func TestEach(t *testing.T) {
	t.Parallel()
	var now, most, done atomic.Int32
	items := []string{"1", "2", "3", "4", "5", "6", "7", "8", "9"}
	err := each(items, func(item string) error {
		defer now.Add(-1)
		if n := now.Add(1); n > most.Load() {
			most.Store(n)
		}
		done.Add(1)
		if item == "3" || item == "7" {
			return errors.New("failed " + item)
		}
		return nil
	})
	if done.Load() != int32(len(items)) || most.Load() > 4 {
		t.Errorf("%d done, up to %d at once", done.Load(), most.Load())
	}
	if err == nil || !strings.Contains(err.Error(), "failed 3") || !strings.Contains(err.Error(), "failed 7") {
		t.Errorf("error %v", err)
	}
	if err := each(nil, func(string) error { return errors.New("called") }); err != nil {
		t.Error(err)
	}
}

// Polling begins at once, gets slower, and ends with success, an error or the context.
func TestPoll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began, calls := time.Now(), 0
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		err := poll(ctx, func() (bool, error) { calls++; return false, nil })
		if took := time.Since(began); !errors.Is(err, context.DeadlineExceeded) || took != 10*time.Second || calls < 20 || calls > 40 {
			t.Errorf("%v after %v and %d calls", err, took, calls)
		}
		failed := errors.New("failed")
		if err := poll(t.Context(), func() (bool, error) { return false, failed }); err != failed {
			t.Errorf("got %v", err)
		}
		began, calls = time.Now(), 0
		err = poll(t.Context(), func() (bool, error) { calls++; return calls == 3, nil })
		if took := time.Since(began); err != nil || took != 3*time.Millisecond {
			t.Errorf("%v after %v", err, took)
		}
	})
}

// Events are asked for our own containers only, and from before now.
func TestEventsQuery(t *testing.T) {
	t.Parallel()
	text, err := eventsQuery(spec.Owner{Framework: "F", Agent: "S0"}, time.Unix(100, 5))
	if err != nil {
		t.Fatal(err)
	}
	query, err := url.ParseQuery(text)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"event":["create","start","die","pause","unpause","destroy"],"label":["kubernetes-mesos.framework=F","kubernetes-mesos.agent=S0"],"type":["container"]}`
	if query.Get("since") != "99.000000005" || query.Get("filters") != want {
		t.Errorf("query %v", query)
	}
}

// The sweep prunes the caches of all parts.
func TestSweepPrunesCaches(t *testing.T) {
	t.Parallel()
	_, inventory, sweeper := newService(Config{Owner: Owner{Framework: "F", Agent: "S0"}, Log: logr.Discard()})
	inventory.known.set("gone", spec.Record{})
	sweeper.unstarted.set("gone", time.Now())
	sweeper.forget(nil)
	_, known := inventory.known.get("gone")
	_, unstarted := sweeper.unstarted.get("gone")
	if known || unstarted || len(sweeper.caches) < 4 {
		t.Errorf("known %v, unstarted %v, %d caches", known, unstarted, len(sweeper.caches))
	}
}
