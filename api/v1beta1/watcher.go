package v1beta1

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/backend"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/frames"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// watcher passes the events of core to one client: it is the backend's Sink.
type watcher struct {
	client  *http.Request
	answer  *answer
	backend *backend.Client
	cache   *frames.Cache
	gone    func()        // called when the client has left
	out     frames.Stream // nil until the watch begins
}

// Begin answers the client that the watch has begun.
func (w *watcher) Begin() (err error) {
	w.out, err = frames.Open(w.answer.w, w.client, w.gone)
	return err
}

// Event translates one event, unless another watcher already has, and sends it.
func (w *watcher) Event(raw []byte) error {
	translate := func() ([]byte, error) { return w.frame(raw) }
	var frame []byte
	var err error
	if key, ok := frames.KeyOf(w.answer.link, raw); ok {
		frame, err = w.cache.Get(key, translate)
	} else {
		frame, err = translate()
	}
	if err != nil {
		w.sendError(err)
		return err
	}
	if frame == nil {
		return nil
	}
	return w.out.Send(frame)
}

// Flush sends what has been written.
func (w *watcher) Flush() error { return w.out.Flush() }

func (w *watcher) end() {
	if w.out != nil {
		w.out.End()
	}
}

// frame returns one event for the client as a line, or nil if v1beta1 does not have it.
func (w *watcher) frame(raw []byte) ([]byte, error) {
	kind, object, err := w.backend.Event(raw)
	if err != nil {
		return nil, fmt.Errorf("read a watch's event: %w", err)
	}
	switch watch.EventType(kind) {
	case watch.Bookmark:
		return nil, nil
	case watch.Error:
		s, ok := object.(*metav1.Status)
		if !ok {
			return nil, fmt.Errorf("ERROR event with a %T", object)
		}
		return errorLine(translate(w.answer.kind, &backend.Error{Status: *s}, false))
	case watch.Modified:
		if k, ok := w.answer.kind.(quietlyDeleted); ok && k.endsAtOnce(object) {
			return nil, nil
		}
	}
	o, err := asObject(object)
	if err != nil {
		return nil, err
	}
	return line(wire.WatchEvent{Type: kind, Object: w.answer.single(o)})
}

// expired answers a watch from a version that is no longer stored: one ERROR frame,
// which makes clients list again.
func (w *watcher) expired(err error) error {
	if err := w.Begin(); err != nil {
		return err
	}
	w.sendError(err)
	return nil
}

// sendError reports an error to the client, which may be gone.
func (w *watcher) sendError(err error) {
	if frame, err := errorLine(err); err == nil && w.out.Send(frame) == nil {
		w.out.Flush()
	}
}

// errorLine returns an error as an ERROR event.
func errorLine(err error) ([]byte, error) {
	var s *statusError
	if !errors.As(err, &s) {
		errors.As(failure(http.StatusInternalServerError, "InternalError", err.Error(), nil), &s)
	}
	return line(wire.WatchEvent{Type: string(watch.Error), Object: &s.Status})
}

// line returns an event as JSON with a final newline.
func line(e wire.WatchEvent) ([]byte, error) {
	b, err := json.Marshal(e)
	return append(b, '\n'), err
}
