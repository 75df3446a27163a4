package frames

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
)

// However many watchers reach an event at once, it is translated once.
func TestFrameIsMadeOnce(t *testing.T) {
	t.Parallel()
	cache, made, meet := NewCache(1<<20), atomic.Int32{}, make(chan struct{})
	var watchers sync.WaitGroup
	for range 100 {
		watchers.Go(func() {
			frame, err := cache.Get(Key{UID: "u"}, func() ([]byte, error) {
				made.Add(1)
				<-meet
				return []byte("frame"), nil
			})
			if string(frame) != "frame" || err != nil {
				t.Errorf("%q, %v", frame, err)
			}
		})
	}
	close(meet)
	watchers.Wait()
	if n := made.Load(); n != 1 {
		t.Errorf("it was made %d times", n)
	}
}

// The latest frames are kept, up to a number of bytes.
func TestFrameCacheIsBounded(t *testing.T) {
	t.Parallel()
	cache := NewCache(10 * (1000 + overhead))
	get := func(n int) (made bool) {
		if _, err := cache.Get(Key{Version: fmt.Sprint(n)}, func() ([]byte, error) { made = true; return make([]byte, 1000), nil }); err != nil {
			t.Fatal(err)
		}
		return made
	}
	for n := range 100 {
		get(n)
	}
	if cache.bytes > cache.max || len(cache.frames) != 10 || len(cache.order) != 10 {
		t.Errorf("%d frames with %d bytes are kept, want 10", len(cache.frames), cache.bytes)
	}
	if get(99) || !get(0) {
		t.Error("the oldest frame is kept, or the latest is not")
	}
	if _, err := cache.Get(Key{UID: "large"}, func() ([]byte, error) { return make([]byte, 2*cache.max), nil }); err != nil {
		t.Fatal(err)
	}
	if cache.bytes != 0 || len(cache.frames) != 0 {
		t.Errorf("%d frames with %d bytes are kept next to one that is too large", len(cache.frames), cache.bytes)
	}
}

// A failure is not kept: the next watcher tries again. A panic affects only its watcher.
func TestFrameCacheKeepsNoFailure(t *testing.T) {
	t.Parallel()
	cache, key := NewCache(1<<20), Key{UID: "u"}
	if _, err := cache.Get(key, func() ([]byte, error) { return nil, errors.New("no") }); err == nil {
		t.Error("no error")
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("no panic")
			}
		}()
		cache.Get(key, func() ([]byte, error) { panic("no") })
	}()
	if frame, err := cache.Get(key, func() ([]byte, error) { return []byte("yes"), nil }); string(frame) != "yes" || err != nil {
		t.Errorf("%q, %v", frame, err)
	}
}
