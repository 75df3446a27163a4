package v1beta1

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

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
