package mailbox

import (
	"slices"
	"sync"
	"testing"
)

func TestOrder(t *testing.T) {
	t.Parallel()
	m := New[int]()
	for i := range 3 {
		m.Put(i)
	}
	if m.Len() != 3 {
		t.Errorf("%d items wait, want 3", m.Len())
	}
	<-m.Ready()
	if got := m.Take(); !slices.Equal(got, []int{0, 1, 2}) {
		t.Errorf("took %v", got)
	}
	if got := m.Take(); len(got) != 0 || m.Len() != 0 {
		t.Errorf("took %v twice", got)
	}
	select {
	case <-m.Ready():
		t.Error("an empty mailbox is ready")
	default:
	}
}

// No item is lost or left unannounced, however many writers there are.
func TestManyWriters(t *testing.T) {
	t.Parallel()
	const writers, each = 8, 1000
	m := New[int]()
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for i := range each {
				m.Put(i)
			}
		})
	}
	for taken := 0; taken < writers*each; {
		<-m.Ready()
		taken += len(m.Take())
	}
	wg.Wait()
}
