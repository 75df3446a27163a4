package localport

import (
	"errors"
	"io"
	"net/http"
	"time"
)

const (
	// bodyPatience is how long a caller may make us wait for a request's body.
	bodyPatience = 30 * time.Second
	// bodyRate is how many bytes restore a second of patience.
	bodyRate = 1 << 10
)

// Bodies stops reading bodies that arrive too slowly, for every reader: waiting
// uses up bodyPatience, and arriving bytes restore it.
func Bodies(next http.Handler) http.Handler { return patient(next, bodyPatience) }

func patient(next http.Handler, patience time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body == nil || r.Body == http.NoBody {
			next.ServeHTTP(w, r)
			return
		}
		b := &body{ReadCloser: r.Body, connection: http.NewResponseController(w), most: patience, left: patience}
		r = r.WithContext(r.Context()) // a copy
		r.Body = b
		defer b.leave()
		next.ServeHTTP(w, r)
	})
}

// body is a request's body with a bounded waiting time for its reader.
type body struct {
	io.ReadCloser
	connection *http.ResponseController
	most, left time.Duration
	ended      bool
}

// Read reads with a deadline that moves as the body arrives.
func (b *body) Read(p []byte) (int, error) {
	start := time.Now()
	if err := b.until(start.Add(b.left)); err != nil {
		return 0, err
	}
	n, err := b.ReadCloser.Read(p)
	b.left = min(b.most, b.left-time.Since(start)+time.Duration(n)*time.Second/bodyRate)
	if err == nil || err == io.EOF {
		// The reader's own time between reads is not the caller's delay. After the body,
		// the server watches the connection for its end, without a deadline.
		b.ended = err == io.EOF
		if cleared := b.until(time.Time{}); cleared != nil {
			return n, cleared
		}
	}
	return n, err
}

// leave bounds how long the server reads what the handler has left unread.
func (b *body) leave() {
	if !b.ended {
		b.until(time.Now().Add(b.left)) // fails only if the connection is gone or no longer ours
	}
}

// until sets the read deadline if the connection supports one.
func (b *body) until(t time.Time) error {
	if err := b.connection.SetReadDeadline(t); !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}
