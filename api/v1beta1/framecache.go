package v1beta1

import "sync"

// frameCache keeps the latest events of watches in the form that clients get:
// watchers of the same objects are sent the same bytes, translated once. An
// event's bytes decide its frame, so nothing in the cache is ever out of date.
type frameCache struct {
	mu     sync.Mutex
	frames map[frameKey][]byte
	order  [frameCacheSize]frameKey // a ring; next is the oldest
	next   int
}

const (
	frameCacheSize = 256
	frameCacheMax  = 16 << 10 // bytes of an event that is worth keeping
)

// frameKey is an event, and whose links it is shown with.
type frameKey struct{ link, event string }

func newFrameCache() *frameCache {
	return &frameCache{frames: make(map[frameKey][]byte, frameCacheSize)}
}

// get returns the frame of an event, made by translate if it is not there. A
// nil frame is one that no client gets.
func (f *frameCache) get(link string, event []byte, translate func() ([]byte, error)) ([]byte, error) {
	if len(event) > frameCacheMax {
		return translate()
	}
	key := frameKey{link, string(event)}
	f.mu.Lock()
	frame, ok := f.frames[key]
	f.mu.Unlock()
	if ok {
		return frame, nil
	}
	frame, err := translate()
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.frames[key]; !ok {
		delete(f.frames, f.order[f.next])
		f.order[f.next] = key
		f.next = (f.next + 1) % frameCacheSize
		f.frames[key] = frame
	}
	return frame, nil
}
