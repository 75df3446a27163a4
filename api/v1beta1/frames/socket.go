package frames

import (
	"bytes"
	"net/http"
	"time"

	"github.com/gorilla/websocket"
)

// socket sends frames as text messages of a WebSocket.
type socket struct {
	conn  *websocket.Conn
	ended chan struct{} // closed when we no longer read from the client
}

// openSocket upgrades the connection. What the client sends is ignored; its close ends
// the watch.
func openSocket(w http.ResponseWriter, r *http.Request, gone func()) (Stream, error) {
	// Whether a web page may use the port is decided in front of this package.
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	conn, err := up.Upgrade(w, r, nil)
	if err != nil {
		return nil, ErrAnswered
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

func (f socket) Send(line []byte) error {
	if err := f.conn.SetWriteDeadline(time.Now().Add(sendTimeout)); err != nil {
		return err
	}
	return f.conn.WriteMessage(websocket.TextMessage, bytes.TrimSuffix(line, []byte("\n")))
}

func (f socket) Flush() error { return nil }

func (f socket) End() {
	f.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(time.Second))
	f.conn.Close()
	<-f.ended
}
