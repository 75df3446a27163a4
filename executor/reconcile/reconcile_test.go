package reconcile

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// Work is done at the start, at changes, which are gathered, and periodically; each outcome
// is reported.
func TestLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		start := time.Now()
		var did, reported []string
		changed := NewSignal()
		go Loop{
			Every: 30 * time.Second, Settle: time.Second, Changed: changed,
			Do: func(_ context.Context, repair bool) error {
				did = append(did, fmt.Sprintf("%v repair=%v", time.Since(start), repair))
				if len(did) == 2 {
					return errors.New("no")
				}
				return nil
			},
			Report: func(err error) { reported = append(reported, fmt.Sprint(err)) },
		}.Run(ctx)
		time.Sleep(10 * time.Second)
		for range 3 {
			changed.Set()
		}
		time.Sleep(25 * time.Second)
		handler := changed.Handler()
		handler.OnAdd(nil, false)
		handler.OnUpdate(nil, nil)
		handler.OnDelete(nil)
		time.Sleep(5 * time.Second)
		cancel()
		synctest.Wait()
		if got := fmt.Sprint(did); got != "[0s repair=true 11s repair=false 30s repair=true 36s repair=false]" {
			t.Errorf("did %s", got)
		}
		if got := fmt.Sprint(reported); got != "[<nil> no <nil> <nil>]" {
			t.Errorf("reported %s", got)
		}
	})
}
