package podwriter

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/retryqueue"
	v1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
	k8stesting "k8s.io/client-go/testing"
)

func makePod(name string, change ...func(*v1.Pod)) *v1.Pod {
	p := &v1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name, UID: types.UID("uid-" + name), ResourceVersion: "1"}}
	for _, c := range change {
		c(p)
	}
	return p
}

type noEvents struct{}

func (noEvents) Event(runtime.Object, string, string, string) {}

// recorded keeps the messages of events.
type recorded struct{ messages []string }

func (r *recorded) Event(_ runtime.Object, _, _, message string) {
	r.messages = append(r.messages, message)
}

// A namespace whose webhook fails holds up no other namespace's pods, however
// many of its own wait, and is asked less and less often.
func TestFailingBindingsHoldUpNoOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const many = 3 * workers
		began := time.Now()
		bound := time.Hour
		var tries atomic.Int64
		client := fake.NewSimpleClientset()
		client.PrependReactor("create", "pods", func(a k8stesting.Action) (bool, runtime.Object, error) {
			if a.GetNamespace() == "broken" {
				tries.Add(1)
				return true, nil, apierrors.NewInternalError(errTest)
			}
			return true, &v1.Binding{}, nil
		})
		w := NewWriter(client, noEvents{}, logr.Discard())
		for i := range many {
			w.Bind(makePod(fmt.Sprint("b", i), func(p *v1.Pod) { p.Namespace = "broken" }), task, func(err error) { t.Errorf("a failing binding is over: %v", err) })
		}
		w.Bind(makePod("good"), task, func(err error) {
			if bound = time.Since(began); err != nil {
				t.Error(err)
			}
		})
		ctx, stop := context.WithTimeout(t.Context(), time.Hour)
		defer stop()
		w.Run(ctx)
		if bound > time.Second {
			t.Errorf("the good pod was bound after %v, want at once", bound)
		}
		if n, most := tries.Load(), many*int64(time.Hour/retryqueue.LongestPause+12); n < many || n > most {
			t.Errorf("%d tries for the failing namespace within an hour, want at most %d", n, most)
		}
	})
}

// What can never succeed is tried once, and its error told.
func TestHopelessIsTriedOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		over bool
	}{
		"not found": {apierrors.NewNotFound(pods, "php"), true},
		"forbidden": {apierrors.NewForbidden(pods, "php", errTest), true},
		"invalid":   {apierrors.NewBadRequest("no"), true},
		"permanent": {fmt.Errorf("php: %w", permanent{errTest}), true},
		"conflict":  {apierrors.NewConflict(pods, "php", errTest), false},
		"timeout":   {context.DeadlineExceeded, false},
		"no server": {errTest, false},
	} {
		w := NewWriter(fake.NewSimpleClientset(), noEvents{}, logr.Discard())
		over := false
		again := w.attempt(t.Context(), &operation{pod: makePod("php"), try: func(context.Context) error { return c.err }, done: func(err error) { over = err != nil }})
		if over != c.over || (again == nil) != c.over {
			t.Errorf("%s: over is %t, repeated for %v", name, over, again)
		}
	}
}

// At the end of the Writer nothing is told: what was under way is not known.
func TestEndTellsNothing(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	w := NewWriter(fake.NewSimpleClientset(), noEvents{}, logr.Discard())
	err := w.attempt(ctx, &operation{
		pod:  makePod("php"),
		try:  func(context.Context) error { stop(); return context.Canceled },
		done: func(error) { t.Error("told at the end") },
	})
	if err != nil {
		t.Errorf("repeated for %v", err)
	}
}

// A pod is evicted once at a time, and again after that.
func TestEvictOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := fake.NewSimpleClientset()
		begun, release := 0, make(chan struct{})
		client.PrependReactor("create", "pods", func(a k8stesting.Action) (bool, runtime.Object, error) {
			if e := a.(k8stesting.CreateAction).GetObject().(*policyv1.Eviction); *e.DeleteOptions.Preconditions.UID != "uid-php" {
				t.Errorf("evicted %+v", e)
			}
			begun++
			<-release
			return true, nil, apierrors.NewTooManyRequests("budget", 0)
		})
		w := NewWriter(client, noEvents{}, logr.Discard())
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); w.Run(ctx) }()
		for range 3 {
			w.Evict(makePod("php"))
			synctest.Wait()
		}
		if begun != 1 {
			t.Errorf("begun %d times while the first was not over", begun)
		}
		release <- struct{}{}
		synctest.Wait()
		w.Evict(makePod("php"))
		synctest.Wait()
		if begun != 2 {
			t.Errorf("begun %d times in all, want again after the first was over", begun)
		}
		release <- struct{}{}
		stop()
		<-ended
	})
}
