package v1beta1

import (
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

// frames opens the way to the client that it asked for. gone is called when a
// WebSocket's client has left; done ends it. No frames and no error: the client
// has had its answer.
func (c *call) frames(gone func()) (f frames, done func(), err error) {
	if wantsWebSocket(c.r) {
		return c.socket(gone)
	}
	c.w.Header().Set("Content-Type", jsonType)
	c.w.WriteHeader(http.StatusOK)
	body := &chunks{w: c.w, flush: http.NewResponseController(c.w)}
	if err := body.flush.Flush(); err != nil {
		return nil, nil, err
	}
	return body, func() {}, nil
}

// wantsWebSocket takes a list in Connection, and any case.
func wantsWebSocket(r *http.Request) bool {
	return strings.Contains(strings.ToLower(r.Header.Get("Connection")), "upgrade") &&
		strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}

// chunks is frames as lines of a chunked body.
type chunks struct {
	w     http.ResponseWriter
	flush *http.ResponseController
}

func (f *chunks) send(frame []byte) error {
	// The frame is shared: it must not grow in place.
	if _, err := f.w.Write(append(frame[:len(frame):len(frame)], '\n')); err != nil {
		return err
	}
	return f.flush.Flush()
}

// socket is frames as text messages.
type socket struct{ conn *websocket.Conn }

// sendTimeout bounds how long one message may wait for a client that does not
// read.
const sendTimeout = 30 * time.Second

func (f socket) send(frame []byte) error {
	if err := f.conn.SetWriteDeadline(time.Now().Add(sendTimeout)); err != nil {
		return err
	}
	return f.conn.WriteMessage(websocket.TextMessage, frame)
}

// socket upgrades the connection. What the client sends is ignored; its close
// ends the watch.
func (c *call) socket(gone func()) (frames, func(), error) {
	// Who may drive the port by a web page is decided in front of the door.
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	conn, err := up.Upgrade(c.w, c.r, nil)
	if err != nil {
		return nil, nil, nil // Upgrade has answered
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer gone()
		for {
			if _, _, err := conn.NextReader(); err != nil {
				return
			}
		}
	}()
	done := func() {
		conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(time.Second))
		conn.Close()
		<-ended
	}
	return socket{conn}, done, nil
}
