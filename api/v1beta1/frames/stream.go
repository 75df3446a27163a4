package frames

import (
	"errors"
	"net/http"
	"strings"
	"time"
)

// Stream is the output of a watch: a chunked body or a WebSocket.
type Stream interface {
	// Send writes one event, a line. The line is shared and must not be changed.
	Send(line []byte) error
	// Flush flushes sent events to the client.
	Flush() error
	// End closes the stream.
	End()
}

// ErrAnswered reports that a handshake failed and the client has been answered.
var ErrAnswered = errors.New("the client's handshake was refused")

// sendTimeout bounds how long one event may wait for a client that does not read.
const sendTimeout = 30 * time.Second

// Open begins the kind of stream that the client has asked for. gone is called when a
// WebSocket's client has left.
func Open(w http.ResponseWriter, r *http.Request, gone func()) (Stream, error) {
	if wantsWebSocket(r) {
		return openSocket(w, r, gone)
	}
	return openChunks(w)
}

// wantsWebSocket accepts a list in Connection, and any case.
func wantsWebSocket(r *http.Request) bool {
	return strings.Contains(strings.ToLower(r.Header.Get("Connection")), "upgrade") &&
		strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}
