package v1beta1

import (
	"errors"
	"sync"
)

// frameCache keeps the latest events of watches as sent to clients: watchers of the
// same objects get the same bytes. Each event is translated once, by the watcher that
// reaches it first; the others wait. The frame for a key never changes, so nothing in
// the cache is ever out of date.
type frameCache struct {
	mu     sync.Mutex
	frames map[frameKey]*cachedFrame
	order  []frameKey // oldest first
	bytes  int        // of all frames
	max    int
}

// frameCacheMax is how many bytes of frames are kept: enough for a burst, in which
// watchers are at different positions.
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

// get returns the frame of an event, calling translate if it is not cached. A nil
// frame is not sent to clients.
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

// keep counts a finished frame, and drops the oldest ones to make room. It drops the
// entry itself if its translation failed or it is larger than the cache.
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

// frameOverhead is the size of a frame's key and entry, in addition to its bytes.
const frameOverhead = 256
