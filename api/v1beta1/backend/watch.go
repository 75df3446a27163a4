package backend

import (
	"context"
	"fmt"
	"mime"
	"net/http"
	"net/url"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// Sink receives a watch. An error of any method ends the watch.
type Sink interface {
	// Begin is called once, before the first event.
	Begin() error
	// Event receives one event in the server's encoding. It must not keep the bytes.
	Event(raw []byte) error
	// Flush is called when the server has no more to say for now.
	Flush() error
}

// Watch passes the events of a watch to sink until the server, the sink or the client's
// context ends it. It returns nil for a watch that has begun, however it ended, and an
// error if sink's Begin was not called or failed.
func (c *Client) Watch(client *http.Request, path string, query url.Values, sink Sink) error {
	ctx, cancel := context.WithCancel(client.Context())
	defer cancel()
	r := request(client.WithContext(ctx), http.MethodGet, path, query, nil)
	r.Header.Set("Accept", ProtobufType+";stream=watch")
	w := &watchWriter{recorder: recorder{header: http.Header{}}, done: ctx.Done(), sink: sink, stop: cancel}
	c.api.ServeHTTP(w, r)
	switch {
	case w.began:
		return nil
	case w.err != nil:
		return w.err
	case w.code == 0:
		if err := context.Cause(ctx); err != nil {
			return fmt.Errorf("the API server ended the watch without an answer: %w", err)
		}
		return fmt.Errorf("the API server ended the watch without an answer")
	}
	if _, err := c.answer(ctx, &w.recorder); err != nil {
		return err
	}
	return fmt.Errorf("the API server answered a watch with code %d", w.code)
}

// Event decodes one event of a watch.
func (c *Client) Event(raw []byte) (kind string, object runtime.Object, err error) {
	var e metav1.WatchEvent // bare; only the object in it has an envelope
	if err := e.Unmarshal(raw); err != nil {
		return "", nil, err
	}
	object, err = c.Decode(ProtobufType, e.Object.Raw)
	return e.Type, object, err
}

// watchWriter is the ResponseWriter of a watch. It passes on each event while the
// server writes it, so a client that does not read blocks its own watch, as in core/v1.
type watchWriter struct {
	recorder // of an answer that is not a watch
	done     <-chan struct{}
	sink     Sink
	began    bool
	stop     func() // ends the request
	err      error  // why it accepts no more
	split    splitter
}

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
	if mediaType != ProtobufType {
		w.fail(fmt.Errorf("the API server's watch is of type %q, not %q", mediaType, ProtobufType))
		return
	}
	err := w.sink.Begin()
	w.began = err == nil
	w.fail(err)
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
		w.fail(w.split.write(b, w.sink.Event))
	}
	return len(b), w.err
}

// Flush flushes the events passed on so far to the client.
func (w *watchWriter) Flush() {
	w.WriteHeader(http.StatusOK)
	if w.err == nil && !w.refused() {
		w.fail(w.sink.Flush())
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
