// Package fakezk is a ZooKeeper server for tests: the part that finding the leading master
// needs. It runs over any net.Listener, so also inside a testing/synctest bubble.
package fakezk

import (
	"encoding/binary"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
)

// A Server has one session per connection and knows digest authentication, getChildren2
// and getData. Its fields may be set before it serves.
type Server struct {
	// Nodes are the data by path; parents are implied.
	Nodes map[string]string
	// Vanish is a path that getData finds gone, once.
	Vanish string
	// Silent servers do not answer requests.
	Silent bool

	mu    sync.Mutex
	auth  string
	conns sync.WaitGroup
}

// Start serves s at an address until the test ends or stop is called, which lets open
// sessions end by themselves.
func (s *Server) Start(t testing.TB, l net.Listener) (stop func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.serve(l)
	}()
	stop = func() {
		l.Close()
		<-done
	}
	t.Cleanup(stop)
	return stop
}

// Auth returns the last credentials that a client sent, as "scheme credentials".
func (s *Server) Auth() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.auth
}

// Set replaces all nodes.
func (s *Server) Set(nodes map[string]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Nodes = nodes
}

// serve serves until l is closed and all connections have ended.
func (s *Server) serve(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			s.conns.Wait()
			return
		}
		s.conns.Go(func() {
			defer c.Close()
			s.session(c)
		})
	}
}

// ZooKeeper's codes: operations, and the error for a missing path.
const (
	zkGetData, zkPing, zkGetChildren2, zkSetAuth, zkClose = 4, 11, 12, 100, -11

	zkNoNode = -101
)

func (s *Server) session(c net.Conn) {
	if _, err := readFrame(c); err != nil {
		return
	}
	// protocol version, timeout in ms, session id, password
	greeting := be32(nil, 0, 10_000)
	greeting = binary.BigEndian.AppendUint64(greeting, 7)
	if writeFrame(c, buffer(greeting, strings.Repeat("p", 16))) != nil {
		return
	}
	for {
		request, err := readFrame(c)
		if err != nil || len(request) < 8 {
			return
		}
		xid, op := int32(binary.BigEndian.Uint32(request)), int32(binary.BigEndian.Uint32(request[4:]))
		code, body, answer := s.answer(op, request[8:])
		if !answer {
			continue
		}
		reply := be32(nil, xid)
		reply = binary.BigEndian.AppendUint64(reply, 1) // zxid
		if writeFrame(c, append(be32(reply, code), body...)) != nil || op == zkClose {
			return
		}
	}
}

func (s *Server) answer(op int32, args []byte) (code int32, body []byte, answer bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	stat := make([]byte, 68)
	switch op {
	case zkSetAuth: // type, scheme, credentials
		scheme := int(binary.BigEndian.Uint32(args[4:]))
		s.auth = string(args[8:8+scheme]) + " " + string(args[12+scheme:])
	case zkGetChildren2:
		children := s.children(str(args))
		if children == nil {
			return zkNoNode, nil, !s.Silent
		}
		body = be32(nil, int32(len(children)))
		for _, c := range children {
			body = buffer(body, c)
		}
		body = append(body, stat...)
	case zkGetData:
		data, ok := s.Nodes[str(args)]
		if !ok || str(args) == s.Vanish {
			delete(s.Nodes, s.Vanish)
			return zkNoNode, nil, true
		}
		body = append(buffer(nil, data), stat...)
	}
	return 0, body, !s.Silent || op == zkPing
}

func (s *Server) children(parent string) []string {
	var names []string
	for path := range s.Nodes {
		if name, ok := strings.CutPrefix(path, parent+"/"); ok {
			names = append(names, name)
		}
	}
	return names
}

func str(b []byte) string { return string(b[4 : 4+binary.BigEndian.Uint32(b)]) }

func be32(b []byte, values ...int32) []byte {
	for _, v := range values {
		b = binary.BigEndian.AppendUint32(b, uint32(v))
	}
	return b
}

func buffer(b []byte, s string) []byte { return append(be32(b, int32(len(s))), s...) }

func readFrame(r io.Reader) ([]byte, error) {
	size := make([]byte, 4)
	if _, err := io.ReadFull(r, size); err != nil {
		return nil, err
	}
	b := make([]byte, binary.BigEndian.Uint32(size))
	_, err := io.ReadFull(r, b)
	return b, err
}

func writeFrame(w io.Writer, b []byte) error {
	_, err := w.Write(append(be32(nil, int32(len(b))), b...))
	return err
}
