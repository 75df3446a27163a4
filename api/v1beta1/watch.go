package v1beta1

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/validate"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// frames is where a watch goes: a chunked body or a WebSocket.
type frames interface {
	// send writes one event, complete, at once.
	send([]byte) error
}

// watch answers a watch until the client goes, or the API server ends it. A
// watch for one object sees that object only.
func (c *call) watch() error {
	query, err := c.selectors()
	if err != nil {
		return err
	}
	if version := c.query.Get("resourceVersion"); version != "" {
		if _, err := strconv.ParseUint(version, 10, 64); err != nil {
			return invalid(c.kind.path, "", validate.Version(version))
		}
		query.Set("resourceVersion", version)
	}
	if c.id != "" {
		name := fields.OneTermEqualSelector("metadata.name", c.id).String()
		if s := query.Get("fieldSelector"); s != "" {
			name += "," + s
		}
		query.Set("fieldSelector", name)
	}
	query.Set("watch", "true")
	// The request to core ends with this call, however it ends.
	ctx, cancel := context.WithCancel(c.r.Context())
	defer cancel()
	stream, err := c.inner.stream(c.r.WithContext(ctx), c.at(c.namespace), query)
	if innerReason(err) == metav1.StatusReasonExpired || innerReason(err) == metav1.StatusReasonGone {
		return c.expired(err)
	}
	if err != nil {
		return c.translate(err, false)
	}
	defer stream.wait()
	defer cancel()
	out, done, err := c.frames(cancel)
	if out == nil {
		return err
	}
	defer done()
	c.copyEvents(stream, out)
	return nil
}

// expired answers a watch from a version that is no longer kept: one ERROR
// frame, upon which clients list again.
func (c *call) expired(err error) error {
	out, done, ferr := c.frames(func() {})
	if out == nil {
		return ferr
	}
	defer done()
	c.sendError(out, c.translate(err, false))
	return nil
}

// sendError tells a watching client what is wrong; it may have gone.
func (c *call) sendError(out frames, err error) {
	var s *statusError
	if !errors.As(err, &s) {
		errors.As(failure(http.StatusInternalServerError, "InternalError", err.Error(), nil), &s)
	}
	if frame, err := json.Marshal(wire.WatchEvent{Type: string(watch.Error), Object: &s.Status}); err == nil {
		out.send(frame)
	}
}

// copyEvents translates events until either side ends.
func (c *call) copyEvents(s *stream, out frames) {
	for {
		raw, err := s.next()
		var frame []byte
		if err == nil {
			frame, err = c.cache.get(c.root+"/"+c.path, raw, func() ([]byte, error) { return c.frame(s, raw) })
		}
		switch {
		case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
			return // the API server has had enough: the client watches again
		case err != nil:
			c.sendError(out, err)
			return
		}
		if frame != nil && out.send(frame) != nil {
			return
		}
	}
}

// frame is one event for the client; nil if it is none of v1beta1's.
func (c *call) frame(s *stream, raw []byte) ([]byte, error) {
	e, err := s.event(raw)
	if err != nil {
		return nil, fmt.Errorf("read a watch's event: %w", err)
	}
	shown := wire.WatchEvent{Type: e.kind}
	switch watch.EventType(e.kind) {
	case watch.Bookmark:
		return nil, nil
	case watch.Error:
		s, ok := e.object.(*metav1.Status)
		if !ok {
			return nil, fmt.Errorf("ERROR event with a %T", e.object)
		}
		var out *statusError
		if !errors.As(c.translate(&innerError{*s}, false), &out) {
			return nil, fmt.Errorf("ERROR event: %s", s.Message)
		}
		shown.Object = &out.Status
	case watch.Modified:
		if c.deletedQuietly && goesAtOnce(e.object) {
			return nil, nil
		}
		fallthrough
	default:
		shown.Object = c.single(e.object)
	}
	return json.Marshal(shown)
}

// goesAtOnce tells whether an object is on its way out, with DELETED to follow:
// in v1beta1 that is one event.
func goesAtOnce(o runtime.Object) bool {
	switch o := o.(type) {
	case *corev1.Pod:
		return o.DeletionTimestamp != nil && o.DeletionGracePeriodSeconds != nil && *o.DeletionGracePeriodSeconds == 0 && len(o.Finalizers) == 0
	case *corev1.ReplicationController:
		return o.DeletionTimestamp != nil
	}
	return false
}
