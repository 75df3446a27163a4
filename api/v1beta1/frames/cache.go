package frames

import (
	"errors"
	"sync"
)

// Cache keeps the latest events of watches as sent to clients: watchers of the same
// objects get the same bytes. Each event is translated once, by the watcher that
// reaches it first; the others wait. The frame for a key never changes, so nothing in
// the cache is ever out of date. Its bound is the number of bytes, not of frames.
type Cache struct {
	mu     sync.Mutex
	frames map[Key]*entry
	order  []Key // oldest first
	bytes  int   // of all frames
	max    int
}

// entry is set once ready is closed.
type entry struct {
	ready chan struct{}
	frame []byte
	err   error
}

// NewCache returns a cache that keeps up to max bytes.
func NewCache(max int) *Cache {
	return &Cache{frames: map[Key]*entry{}, max: max}
}

// Size returns how many frames are kept, and how many bytes they take.
func (f *Cache) Size() (frames, bytes int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.frames), f.bytes
}

var errTranslation = errors.New("the translation of the event panicked")

// Get returns the frame of an event, calling translate if it is not cached. A nil
// frame is not sent to clients. An error is not kept.
func (f *Cache) Get(key Key, translate func() ([]byte, error)) ([]byte, error) {
	f.mu.Lock()
	if e, ok := f.frames[key]; ok {
		f.mu.Unlock()
		<-e.ready
		return e.frame, e.err
	}
	e := &entry{ready: make(chan struct{}), err: errTranslation}
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
func (f *Cache) keep(key Key, e *entry) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if e.err != nil {
		delete(f.frames, key)
		return
	}
	f.order = append(f.order, key)
	f.bytes += len(e.frame) + overhead
	for f.bytes > f.max {
		f.bytes -= len(f.frames[f.order[0]].frame) + overhead
		delete(f.frames, f.order[0])
		f.order = f.order[1:]
	}
}

// overhead is the size of a frame's key and entry, in addition to its bytes.
const overhead = 256
