package v1beta1

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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
			return invalid(c.errorPath(), "", validate.Version(version))
		}
		query.Set("resourceVersion", version)
	}
	if c.id != "" {
		name := "metadata.name=" + c.id
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

// errorPath is how a watch's errors call the kind: by the path.
func (c *call) errorPath() string { return c.kind.path }

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

// event is one event of core's.
type event struct {
	kind   string
	object runtime.Object
}

// stream is a watch on the API server behind.
type stream struct {
	inner   inner
	pipe    *io.PipeReader
	proto   bool
	decoder *json.Decoder
	ended   chan struct{}
	failed  any // the panic that ended it, once ended is closed
}

// stream begins a watch. It must be ended: by the request's context, and wait.
func (in inner) stream(client *http.Request, path string, query map[string][]string) (*stream, error) {
	r := in.request(client, http.MethodGet, path, query, nil)
	r.Header.Set("Accept", protobufType+";stream=watch,"+jsonType+";stream=watch")
	read, write := io.Pipe()
	w := &streamWriter{header: http.Header{}, pipe: write, started: make(chan struct{}), done: r.Context().Done()}
	s := &stream{inner: in, pipe: read, ended: make(chan struct{})}
	go func() {
		defer close(s.ended)
		defer write.Close()
		defer func() { s.failed = recover() }()
		in.api.ServeHTTP(w, r)
	}()
	select {
	case <-w.started:
	case <-s.ended:
		if !w.hasStarted() {
			s.wait()
			return nil, fmt.Errorf("the API server ended the watch without an answer: %w", context.Cause(r.Context()))
		}
	}
	if w.code >= 300 {
		defer s.wait()
		rec := recorder{header: w.sent, code: w.code}
		if _, err := io.Copy(&rec.body, read); err != nil {
			return nil, err
		}
		_, err := in.answer(r.Context(), &rec)
		return nil, err
	}
	mediaType, _, _ := mime.ParseMediaType(w.sent.Get("Content-Type"))
	s.proto = mediaType == protobufType
	s.decoder = json.NewDecoder(read)
	return s, nil
}

// wait returns when the API server has let go of the request. A panic of its
// handler goes on in the caller, whose server knows what to do with it.
func (s *stream) wait() {
	s.pipe.Close()
	<-s.ended
	if s.failed != nil && s.failed != http.ErrAbortHandler {
		panic(s.failed)
	}
}

// maxEvent bounds one event, in bytes; etcd keeps no object as large.
const maxEvent = 16 << 20

// next is the next event as it came, or io.EOF.
func (s *stream) next() ([]byte, error) {
	if !s.proto {
		var raw json.RawMessage
		err := s.decoder.Decode(&raw)
		return raw, err
	}
	var size [4]byte
	if _, err := io.ReadFull(s.pipe, size[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(size[:])
	if n > maxEvent {
		return nil, fmt.Errorf("a watch's event has %d bytes, more than %d", n, maxEvent)
	}
	raw := make([]byte, n)
	_, err := io.ReadFull(s.pipe, raw)
	return raw, err
}

// event reads an event.
func (s *stream) event(raw []byte) (event, error) {
	if !s.proto {
		var e struct {
			Type   string          `json:"type"`
			Object json.RawMessage `json:"object"`
		}
		if err := json.Unmarshal(raw, &e); err != nil {
			return event{}, err
		}
		o, err := s.inner.decode(jsonType, e.Object)
		return event{e.Type, o}, err
	}
	var e metav1.WatchEvent // bare; only the object in it is in an envelope
	if err := e.Unmarshal(raw); err != nil {
		return event{}, err
	}
	o, err := s.inner.decode(protobufType, e.Object.Raw)
	return event{e.Type, o}, err
}
