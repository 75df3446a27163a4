package v1beta1

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/validate"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// frames is the output of a watch: a chunked body or a WebSocket.
type frames interface {
	// send writes one event, a line. The line is shared and must not be changed.
	send([]byte) error
	// flush flushes sent events to the client.
	flush() error
	// end closes the stream.
	end()
}

// watch serves a watch until the client leaves or the API server ends it. A watch for
// one object sees only that object.
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
	return c.follow(c.r.WithContext(ctx), query, cancel)
}

// follow passes on the events of a watch on the API server until either side ends it.
// gone ends the request.
func (c *call) follow(client *http.Request, query url.Values, gone func()) error {
	r := c.inner.request(client, http.MethodGet, c.at(c.namespace), query, nil)
	r.Header.Set("Accept", protobufType+";stream=watch")
	var out frames
	w := &watchWriter{recorder: recorder{header: http.Header{}}, done: r.Context().Done(), stop: gone}
	w.began = func() (err error) {
		out, err = c.frames(gone)
		return err
	}
	w.event = func(raw []byte) error { return c.send(out, raw) }
	w.flush = func() error { return out.flush() }
	defer func() {
		if out != nil {
			out.end()
		}
	}()
	c.api.ServeHTTP(w, r)
	switch {
	case out != nil:
		return nil
	case w.err != nil:
		return w.err
	case w.code == 0:
		return fmt.Errorf("the API server ended the watch without an answer: %w", context.Cause(r.Context()))
	}
	_, err := c.inner.answer(r.Context(), &w.recorder)
	if reason := innerReason(err); reason == metav1.StatusReasonExpired || reason == metav1.StatusReasonGone {
		return c.expired(err)
	}
	return c.translate(err, false)
}

// expired answers a watch from a version that is no longer stored: one ERROR frame,
// which makes clients list again.
func (c *call) expired(err error) error {
	out, failed := c.frames(func() {})
	if out == nil {
		return failed
	}
	defer out.end()
	c.sendError(out, c.translate(err, false))
	return nil
}

// sendError reports an error to a watching client, which may be gone.
func (c *call) sendError(out frames, err error) {
	var s *statusError
	if !errors.As(err, &s) {
		errors.As(failure(http.StatusInternalServerError, "InternalError", err.Error(), nil), &s)
	}
	if frame, err := line(wire.WatchEvent{Type: string(watch.Error), Object: &s.Status}); err == nil && out.send(frame) == nil {
		out.flush()
	}
}

// send translates one event, unless another watcher already has, and sends it.
func (c *call) send(out frames, raw []byte) error {
	translate := func() ([]byte, error) { return c.frame(raw) }
	key, ok := frameKeyOf(c.root+"/"+c.path, raw)
	var frame []byte
	var err error
	if ok {
		frame, err = c.cache.get(key, translate)
	} else {
		frame, err = translate()
	}
	if err != nil {
		c.sendError(out, err)
		return err
	}
	if frame == nil {
		return nil
	}
	return out.send(frame)
}
