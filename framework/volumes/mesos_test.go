package volumes

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/mesosvolumes"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/records"
)

// nowhere is a store of nothing.
type nowhere struct{}

func (nowhere) Load(context.Context) (map[string][]byte, error) { return nil, nil }
func (nowhere) Commit(context.Context, []records.Change) error  { return nil }

// Offers are wanted of an agent that is there: seldom at last, not at all while it is gone,
// and at once when it is back.
func TestOffersAreWantedOfAgentsThatAreThere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := NewMesos(MesosConfig{Client: fake.NewClientset(), Store: nowhere{}, Volume: mesosvolumes.Config{Role: "r", Cluster: "c"}, Log: logr.Discard()})
		if err := m.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := m.Have(Volume{Name: "v", Node: "a", Bytes: 1}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- m.Run(ctx, func(string) {}) }()
		wanted := func(within time.Duration) (times int) {
			for range within / time.Second {
				time.Sleep(time.Second)
				synctest.Wait()
				select {
				case <-m.Needed():
					times++
				default:
				}
			}
			return times
		}
		if got := wanted(6 * time.Minute); got < 12 || got > 15 {
			t.Errorf("in six minutes they are wanted %d times", got)
		}
		m.Present(map[string]bool{"b": true})
		if got := wanted(time.Hour); got > 0 {
			t.Errorf("of an agent that is gone they are wanted %d times", got)
		}
		m.Present(map[string]bool{"a": true, "b": true})
		if got := wanted(time.Minute); got < 10 {
			t.Errorf("of the agent that is back they are wanted %d times in a minute", got)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
