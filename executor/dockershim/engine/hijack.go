package engine

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"

	docker "github.com/fsouza/go-dockerclient"
)

// A HijackedConn is a connection to the daemon that has become the two-way stream of a
// process. The client library can make such streams too, but ignores the daemon's
// answer: a refused exec would look like one without output.
type HijackedConn struct {
	net.Conn
	reader *bufio.Reader
	stop   func() bool
}

// Read returns what the process writes.
func (h *HijackedConn) Read(p []byte) (int, error) { return h.reader.Read(p) }

// Close ends the stream.
func (h *HijackedConn) Close() error {
	h.stop()
	return h.Conn.Close()
}

// CloseWrite ends the standard input of the process.
func (h *HijackedConn) CloseWrite() error {
	if half, ok := h.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Hijack sends a request and returns the stream that the daemon answers with. The
// end of ctx closes it.
func (e *Engine) Hijack(ctx context.Context, path string, body any) (*HijackedConn, error) {
	d, err := e.Daemon(ctx)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	conn, err := e.connect(ctx, d)
	if err != nil {
		return nil, err
	}
	h := &HijackedConn{Conn: conn, reader: bufio.NewReader(conn), stop: context.AfterFunc(ctx, func() { conn.Close() })}
	if err := h.upgrade(d.prefix+path, text); err != nil {
		h.Close()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, err
	}
	return h, nil
}

func (h *HijackedConn) upgrade(path string, body []byte) error {
	req, err := http.NewRequest(http.MethodPost, "http://docker"+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Connection", "Upgrade")
	req.Header.Set("Upgrade", "tcp")
	if err := req.Write(h.Conn); err != nil {
		return err
	}
	answer, err := http.ReadResponse(h.reader, req)
	if err != nil {
		return err
	}
	if answer.StatusCode == http.StatusSwitchingProtocols || answer.StatusCode == http.StatusOK {
		return nil
	}
	defer answer.Body.Close()
	return apiError(answer)
}

// apiError reads the daemon's reason for an answer that reports failure.
func apiError(answer *http.Response) error {
	var said struct {
		Message string `json:"message"`
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	if err != nil || json.Unmarshal(text, &said) != nil {
		said.Message = string(text)
	}
	return &docker.Error{Status: answer.StatusCode, Message: said.Message}
}

// connect opens a connection to the daemon, separate from the client's own.
func (e *Engine) connect(ctx context.Context, d *Daemon) (net.Conn, error) {
	u, err := url.Parse(e.endpoint)
	if err != nil {
		return nil, fmt.Errorf("docker endpoint %q: %w", e.endpoint, err)
	}
	if u.Scheme == "unix" {
		return new(net.Dialer).DialContext(ctx, "unix", u.Path)
	}
	if d.client.TLSConfig != nil {
		return (&tls.Dialer{Config: d.client.TLSConfig}).DialContext(ctx, "tcp", u.Host)
	}
	return new(net.Dialer).DialContext(ctx, "tcp", u.Host)
}
