package v1beta1

import (
	"io"
	"net/http"
	"sync"
)

// streamWriter is the writer of an answer that is read while it is written.
type streamWriter struct {
	header  http.Header
	pipe    *io.PipeWriter
	done    <-chan struct{}
	once    sync.Once
	started chan struct{} // closed when what follows is set
	code    int
	sent    http.Header
}

func (w *streamWriter) Header() http.Header { return w.header }

func (w *streamWriter) WriteHeader(code int) {
	w.once.Do(func() {
		w.code = code
		w.sent = w.header.Clone() // the handler may go on changing its own
		close(w.started)
	})
}

func (w *streamWriter) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.pipe.Write(b)
}

// Flush sends the header; written bytes never wait.
func (w *streamWriter) Flush() { w.WriteHeader(http.StatusOK) }

// CloseNotify is deprecated, but without it the API server takes a writer for
// one that cannot flush.
func (w *streamWriter) CloseNotify() <-chan bool {
	gone := make(chan bool, 1)
	go func() {
		<-w.done
		gone <- true
	}()
	return gone
}

func (w *streamWriter) hasStarted() bool {
	select {
	case <-w.started:
		return true
	default:
		return false
	}
}
