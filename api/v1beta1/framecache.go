package v1beta1

import (
	"errors"
	"sync"
)

// frameCache keeps the latest events of watches in the form that clients get:
// watchers of the same objects are sent the same bytes. Each event is translated
// once, by the watcher that meets it first; the others wait for it. What a key
// stands for never changes, so nothing in the cache is ever out of date.
type frameCache struct {
	mu     sync.Mutex
	frames map[frameKey]*cachedFrame
	order  []frameKey // the oldest first
	bytes  int        // of all frames
	max    int
}

// frameCacheMax is how many bytes of frames are kept: enough for a burst, on
// which watchers are at different places.
const frameCacheMax = 16 << 20

// cachedFrame is set once ready is closed.
type cachedFrame struct {
	ready chan struct{}
	frame []byte
	err   error
}

func newFrameCache() *frameCache {
	return &frameCache{frames: map[frameKey]*cachedFrame{}, max: frameCacheMax}
}

var errTranslation = errors.New("the translation of the event panicked")

// get returns the frame of an event, made by translate if it is not there. A
// nil frame is one that no client gets.
func (f *frameCache) get(key frameKey, translate func() ([]byte, error)) ([]byte, error) {
	f.mu.Lock()
	if e, ok := f.frames[key]; ok {
		f.mu.Unlock()
		<-e.ready
		return e.frame, e.err
	}
	e := &cachedFrame{ready: make(chan struct{}), err: errTranslation}
	f.frames[key] = e
	f.mu.Unlock()
	defer func() {
		close(e.ready)
		f.keep(key, e)
	}()
	e.frame, e.err = translate()
	return e.frame, e.err
}

// keep counts a frame that is ready, and drops the oldest for it. One without a
// frame or larger than all the room is not kept.
func (f *frameCache) keep(key frameKey, e *cachedFrame) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if e.err != nil {
		delete(f.frames, key)
		return
	}
	f.order = append(f.order, key)
	f.bytes += len(e.frame) + frameOverhead
	for f.bytes > f.max {
		f.bytes -= len(f.frames[f.order[0]].frame) + frameOverhead
		delete(f.frames, f.order[0])
		f.order = f.order[1:]
	}
}

// frameOverhead is what a frame takes in addition to its bytes: key and entry.
const frameOverhead = 256
