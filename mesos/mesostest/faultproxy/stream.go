package faultproxy

import (
	"context"
	"io"
	"net/http"
	"time"
)

// A Stream defines what happens to an answer's body. The zero value passes it on.
type Stream struct {
	// Bytes and For, if not 0, limit how much and how long it is passed on; the
	// first limit reached counts. Everything after it is lost.
	Bytes int
	For   time.Duration
	// Garbage is sent next, and End is how the stream ends; None is an orderly end.
	Garbage string
	End     Loss
	// Pace, if not 0, is the time that each byte takes.
	Pace time.Duration
}

// copy passes the body on until it ends or its fault occurs.
func (s Stream) copy(ctx context.Context, w http.ResponseWriter, body io.Reader) {
	pieces := make(chan []byte)
	go func() {
		defer close(pieces)
		for {
			piece := make([]byte, 32<<10)
			n, err := body.Read(piece)
			if n > 0 {
				select {
				case pieces <- piece[:n]:
				case <-ctx.Done():
					return
				}
			}
			if err != nil {
				return
			}
		}
	}()
	var over <-chan time.Time
	if s.For > 0 {
		t := time.NewTimer(s.For)
		defer t.Stop()
		over = t.C
	}
	flush(w)
	for left := s.Bytes; ; {
		select {
		case piece, more := <-pieces:
			if !more {
				if ctx.Err() != nil {
					panic(http.ErrAbortHandler)
				}
				return // as the other side has ended it
			}
			last := s.Bytes > 0 && len(piece) >= left
			if last {
				piece = piece[:left]
			}
			left -= len(piece)
			s.send(ctx, w, piece)
			if last {
				s.fail(ctx, w, pieces)
				return
			}
		case <-over:
			s.fail(ctx, w, pieces)
			return
		case <-ctx.Done():
			panic(http.ErrAbortHandler)
		}
	}
}

// send writes a piece at the stream's pace.
func (s Stream) send(ctx context.Context, w http.ResponseWriter, piece []byte) {
	if s.Pace == 0 {
		w.Write(piece) // it need not arrive
		flush(w)
		return
	}
	for i := range piece {
		pause(ctx, s.Pace)
		w.Write(piece[i : i+1])
		flush(w)
	}
}

// fail plays the end; anything the other side still sends is lost.
func (s Stream) fail(ctx context.Context, w http.ResponseWriter, pieces <-chan []byte) {
	go func() {
		for range pieces {
		}
	}()
	io.WriteString(w, s.Garbage)
	flush(w)
	lose(ctx, s.End)
}

func flush(w http.ResponseWriter) { http.NewResponseController(w).Flush() }
