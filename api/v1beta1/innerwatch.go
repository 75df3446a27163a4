package v1beta1

import (
	"encoding/binary"
	"fmt"
	"mime"
	"net/http"
)

// watchWriter is the ResponseWriter of a watch on the API server. It passes on each
// event while the API server writes it, so a client that does not read blocks its
// own watch, as without the door, and no event is queued in between.
type watchWriter struct {
	recorder // of an answer that is not a watch
	done     <-chan struct{}
	began    func() error
	event    func([]byte) error // must not keep the bytes
	flush    func() error
	stop     func() // ends the request
	err      error  // why it accepts no more

	head  [4]byte // the length of the next event
	got   int     // bytes of head
	left  int     // bytes of the event still to come
	parts []byte  // bytes that have arrived, unless the event comes in one piece
}

// maxEvent bounds one event, in bytes; etcd stores no object this large.
const maxEvent = 16 << 20

// WriteHeader begins the watch, or another answer.
func (w *watchWriter) WriteHeader(code int) {
	if w.code != 0 || code < http.StatusOK {
		return
	}
	w.code = code
	if w.refused() {
		return
	}
	mediaType, _, _ := mime.ParseMediaType(w.header.Get("Content-Type"))
	if mediaType != protobufType {
		w.fail(fmt.Errorf("the API server's watch is of type %q, not %q", mediaType, protobufType))
		return
	}
	w.fail(w.began())
}

// fail ends the watch if there is an error: without another write, the API server
// would not notice it.
func (w *watchWriter) fail(err error) {
	if w.err = err; err != nil {
		w.stop()
	}
}

// refused reports whether the answer is not a watch.
func (w *watchWriter) refused() bool { return w.code >= http.StatusMultipleChoices }

func (w *watchWriter) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	if w.refused() {
		return w.body.Write(b)
	}
	if w.err == nil {
		w.fail(w.take(b))
	}
	return len(b), w.err
}

// take passes on the events that b completes; each is preceded by its length.
func (w *watchWriter) take(b []byte) error {
	for len(b) > 0 {
		if w.left == 0 {
			n := copy(w.head[w.got:], b)
			w.got, b = w.got+n, b[n:]
			if w.got < len(w.head) {
				return nil
			}
			length := binary.BigEndian.Uint32(w.head[:])
			if length > maxEvent {
				return fmt.Errorf("a watch's event has %d bytes, more than %d", length, maxEvent)
			}
			w.got, w.left = 0, int(length)
			continue
		}
		event := b[:min(len(b), w.left)]
		w.left, b = w.left-len(event), b[len(event):]
		if w.left > 0 || w.parts != nil {
			w.parts = append(w.parts, event...)
			event = w.parts
		}
		if w.left > 0 {
			return nil
		}
		w.parts = nil
		if err := w.event(event); err != nil {
			return err
		}
	}
	return nil
}

// Flush flushes the events passed on so far to the client.
func (w *watchWriter) Flush() {
	w.WriteHeader(http.StatusOK)
	if w.err == nil && !w.refused() {
		w.fail(w.flush())
	}
}

// CloseNotify is deprecated, but without it the API server assumes that a writer
// cannot flush.
func (w *watchWriter) CloseNotify() <-chan bool {
	gone := make(chan bool, 1)
	go func() {
		<-w.done
		gone <- true
	}()
	return gone
}
