package v1beta1

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

// frames opens the kind of stream that the client asked for. gone is called when a
// WebSocket's client has left. If there are no frames, the client has been answered.
func (c *call) frames(gone func()) (frames, error) {
	if wantsWebSocket(c.r) {
		return c.socket(gone)
	}
	c.w.Header().Set("Content-Type", jsonType)
	c.w.WriteHeader(http.StatusOK)
	body := &chunks{w: c.w, connection: http.NewResponseController(c.w)}
	if err := body.flush(); err != nil {
		return nil, err
	}
	return body, nil
}

// wantsWebSocket accepts a list in Connection, and any case.
func wantsWebSocket(r *http.Request) bool {
	return strings.Contains(strings.ToLower(r.Header.Get("Connection")), "upgrade") &&
		strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}

// sendTimeout bounds how long one event may wait for a client that does not read.
const sendTimeout = 30 * time.Second

// chunks sends frames as lines of a chunked body.
type chunks struct {
	w          http.ResponseWriter
	connection *http.ResponseController
}

func (f *chunks) send(frame []byte) error {
	if err := f.until(time.Now().Add(sendTimeout)); err != nil {
		return err
	}
	_, err := f.w.Write(frame)
	return err
}

// flush also clears the write deadline: with HTTP/2, it would end an idle stream.
func (f *chunks) flush() error {
	if err := f.connection.Flush(); err != nil {
		return err
	}
	return f.until(time.Time{})
}

func (f *chunks) end() { f.until(time.Time{}) } // for the connection's next request, if any

// until sets the write deadline if the connection supports one.
func (f *chunks) until(t time.Time) error {
	if err := f.connection.SetWriteDeadline(t); !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}

// socket sends frames as text messages of a WebSocket.
type socket struct {
	conn  *websocket.Conn
	ended chan struct{} // closed when we no longer read from the client
}

func (f socket) send(frame []byte) error {
	if err := f.conn.SetWriteDeadline(time.Now().Add(sendTimeout)); err != nil {
		return err
	}
	return f.conn.WriteMessage(websocket.TextMessage, bytes.TrimSuffix(frame, []byte("\n")))
}

func (f socket) flush() error { return nil }

func (f socket) end() {
	f.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(time.Second))
	f.conn.Close()
	<-f.ended
}

// errAnswered reports that a handshake failed and the client has been told.
var errAnswered = errors.New("the client's handshake was refused")

// socket upgrades the connection. What the client sends is ignored; its close
// ends the watch.
func (c *call) socket(gone func()) (frames, error) {
	// Whether a web page may use the port is decided in front of the door.
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	conn, err := up.Upgrade(c.w, c.r, nil)
	if err != nil {
		return nil, errAnswered
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
	return socket{conn, ended}, nil
}
