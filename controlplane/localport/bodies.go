package localport

import (
	"errors"
	"io"
	"net/http"
	"time"
)

const (
	// bodyPatience is how long a caller may leave us waiting for a request's body.
	bodyPatience = 30 * time.Second
	// bodyRate is how many bytes give a second of patience back.
	bodyRate = 1 << 10
)

// Bodies ends the reading of bodies that come too slowly, for every reader:
// waiting uses bodyPatience up, and what arrives gives it back.
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

// body is a request's body whose reader is kept waiting for so long and no longer.
type body struct {
	io.ReadCloser
	connection *http.ResponseController
	most, left time.Duration
	ended      bool
}

// Read reads on, by a deadline that moves as the body comes in.
func (b *body) Read(p []byte) (int, error) {
	start := time.Now()
	if err := b.until(start.Add(b.left)); err != nil {
		return 0, err
	}
	n, err := b.ReadCloser.Read(p)
	b.left = min(b.most, b.left-time.Since(start)+time.Duration(n)*time.Second/bodyRate)
	if err == nil || err == io.EOF {
		// The time the reader takes before it reads on is not the caller's delay, and
		// after the body the connection is watched for its end, without a deadline.
		b.ended = err == io.EOF
		if cleared := b.until(time.Time{}); cleared != nil {
			return n, cleared
		}
	}
	return n, err
}

// leave bounds how long the server reads what the handler has left over.
func (b *body) leave() {
	if !b.ended {
		b.until(time.Now().Add(b.left)) // an error is that of a connection that is gone or another's
	}
}

// until sets the deadline, where the connection has one.
func (b *body) until(t time.Time) error {
	if err := b.connection.SetReadDeadline(t); !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}
