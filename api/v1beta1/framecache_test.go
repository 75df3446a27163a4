package v1beta1

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"k8s.io/apimachinery/pkg/types"
)

// However many watchers reach an event at once, it is translated once.
func TestFrameIsMadeOnce(t *testing.T) {
	t.Parallel()
	cache, made, meet := newFrameCache(), atomic.Int32{}, make(chan struct{})
	var watchers sync.WaitGroup
	for range 100 {
		watchers.Go(func() {
			frame, err := cache.get(frameKey{uid: "u"}, func() ([]byte, error) {
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
	cache := newFrameCache()
	cache.max = 10 * (1000 + frameOverhead)
	get := func(n int) (made bool) {
		if _, err := cache.get(frameKey{version: fmt.Sprint(n)}, func() ([]byte, error) { made = true; return make([]byte, 1000), nil }); err != nil {
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
	if _, err := cache.get(frameKey{uid: "large"}, func() ([]byte, error) { return make([]byte, 2*cache.max), nil }); err != nil {
		t.Fatal(err)
	}
	if cache.bytes != 0 || len(cache.frames) != 0 {
		t.Errorf("%d frames with %d bytes are kept beside one that is too large", len(cache.frames), cache.bytes)
	}
}

// A failure is not kept: the next watcher tries again. A panic affects only its watcher.
func TestFrameCacheKeepsNoFailure(t *testing.T) {
	t.Parallel()
	cache, key := newFrameCache(), frameKey{uid: "u"}
	if _, err := cache.get(key, func() ([]byte, error) { return nil, errors.New("no") }); err == nil {
		t.Error("no error")
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("no panic")
			}
		}()
		cache.get(key, func() ([]byte, error) { panic("no") })
	}()
	if frame, err := cache.get(key, func() ([]byte, error) { return []byte("yes"), nil }); string(frame) != "yes" || err != nil {
		t.Errorf("%q, %v", frame, err)
	}
}

// A frame's key is read from the event in the API server's encoding.
func TestFrameKey(t *testing.T) {
	t.Parallel()
	api := newFakeAPI()
	pod := testPod("a", map[string]string{"k": strings.Repeat("v", 300)})
	pod.GenerateName, pod.UID, pod.ResourceVersion, pod.Generation = "a-", types.UID("u-1"), "12", 300
	raw := framed("MODIFIED", api.encode(pod))[4:]
	if key, ok := frameKeyOf("l", raw); !ok || key != (frameKey{"l", "MODIFIED", "u-1", "12"}) {
		t.Errorf("%+v %t", key, ok)
	}
	for n := range raw { // a truncated event has no key, or the same one
		if key, ok := frameKeyOf("l", raw[:n]); ok && key != (frameKey{"l", "MODIFIED", "u-1", "12"}) {
			t.Errorf("the first %d bytes have %+v", n, key)
		}
	}
	pod.UID = ""
	if key, ok := frameKeyOf("l", framed("ADDED", api.encode(pod))[4:]); ok {
		t.Errorf("an object without uid has %+v", key)
	}
}

// Watchers of one object with different selectors each see their own view.
func TestWatchersOfOneObject(t *testing.T) {
	t.Parallel()
	api := newFakeAPI()
	pod := testPod("a", map[string]string{"x": "y"})
	pod.UID, pod.ResourceVersion = "u", "7"
	send := func(kind string) []byte { return framed(kind, api.encode(pod)) }
	api.serve = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin(w)
		if r.URL.Query().Get("labelSelector") != "" {
			w.Write(send("DELETED")) // since it no longer matches
		} else {
			w.Write(send("MODIFIED"))
		}
	})
	server := httptest.NewServer(NewDoor(api, Options{}))
	t.Cleanup(server.Close)
	for range 2 {
		watchPath(t, server.URL+"/api/v1beta1/watch/pods").want("MODIFIED a 7")
		watchPath(t, server.URL+"/api/v1beta1/watch/pods?labels=x%3Dy").want("DELETED a 7")
	}
	nodes := watchPath(t, server.URL+"/api/v1beta1/watch/pods/a?namespace=default")
	nodes.want("MODIFIED a 7")
}
