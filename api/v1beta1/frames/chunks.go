package frames

import (
	"errors"
	"net/http"
	"time"
)

// chunks sends frames as lines of a chunked body.
type chunks struct {
	w          http.ResponseWriter
	connection *http.ResponseController
}

func openChunks(w http.ResponseWriter) (Stream, error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	body := &chunks{w: w, connection: http.NewResponseController(w)}
	if err := body.Flush(); err != nil {
		return nil, err
	}
	return body, nil
}

func (f *chunks) Send(line []byte) error {
	if err := f.until(time.Now().Add(sendTimeout)); err != nil {
		return err
	}
	_, err := f.w.Write(line)
	return err
}

// Flush also clears the write deadline: with HTTP/2, it would end an idle stream.
func (f *chunks) Flush() error {
	if err := f.connection.Flush(); err != nil {
		return err
	}
	return f.until(time.Time{})
}

func (f *chunks) End() { f.until(time.Time{}) } // for the connection's next request, if any

// until sets the write deadline if the connection supports one.
func (f *chunks) until(t time.Time) error {
	if err := f.connection.SetWriteDeadline(t); !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}
