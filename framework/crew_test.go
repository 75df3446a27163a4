package framework

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	k8stesting "k8s.io/client-go/testing"
)

// A namespace whose webhook fails holds up no other namespace's pods, however
// many of its own wait, and is asked less and less often.
func TestFailingBindingsHoldUpNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const pods = 3 * binders
		began := time.Now()
		bound := time.Hour
		var tries atomic.Int64
		client := fake.NewSimpleClientset()
		client.PrependReactor("create", "pods", func(a k8stesting.Action) (bool, runtime.Object, error) {
			if a.GetNamespace() == "broken" {
				tries.Add(1)
				return true, nil, apierrors.NewInternalError(errors.New("failed calling webhook"))
			}
			bound = time.Since(began)
			return true, &v1.Binding{}, nil
		})
		b := &binder{client: client, recorder: newRecorder(client)}
		c := newCrew(binders)
		for i := range pods {
			p := makePod(fmt.Sprint("b", i), func(p *v1.Pod) { p.Namespace = "broken" })
			c.start(func(ctx context.Context, rest pause) { b.bind(ctx, rest, p, taskOn("t", "p", 1, "S1", "n1")) })
		}
		c.start(func(ctx context.Context, rest pause) {
			if err := b.bind(ctx, rest, makePod("good"), taskOn("t", "p", 1, "S1", "n1")); err != nil {
				t.Error(err)
			}
		})
		ctx, stop := context.WithTimeout(t.Context(), time.Hour)
		defer stop()
		c.run(ctx)
		if bound > time.Second {
			t.Errorf("the good pod was bound after %v, want at once", bound)
		}
		if n, most := tries.Load(), pods*int64(time.Hour/longestPause+12); n < pods || n > most {
			t.Errorf("%d tries for the failing namespace within an hour, want at most %d", n, most)
		}
	})
}

// Work of one key is not started again before it is over.
func TestStartOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCrew(2)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); c.run(ctx) }()
		begun, release := 0, make(chan struct{})
		work := func(context.Context, pause) { begun++; <-release }
		for range 3 {
			c.startOnce("evict p", work)
			synctest.Wait()
		}
		if begun != 1 {
			t.Errorf("begun %d times while the first was not over", begun)
		}
		release <- struct{}{}
		synctest.Wait()
		c.startOnce("evict p", work)
		synctest.Wait()
		if begun != 2 {
			t.Errorf("begun %d times in all, want again after the first was over", begun)
		}
		release <- struct{}{}
		stop()
		<-ended
	})
}
