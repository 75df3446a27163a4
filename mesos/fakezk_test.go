package mesos

import (
	"encoding/binary"
	"io"
	"net"
	"strings"
	"sync"
)

// A fakeZK is the part of a ZooKeeper server that finding a leader needs: one
// session per connection, digest authentication, getChildren2 and getData.
type fakeZK struct {
	mu     sync.Mutex
	nodes  map[string]string // data by path; parents are implied
	vanish string            // the path that getData finds gone, once
	auth   string            // the last credentials
	silent bool              // requests are not answered
	conns  sync.WaitGroup
}

// serve serves until l is closed and all connections have ended.
func (z *fakeZK) serve(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			z.conns.Wait()
			return
		}
		z.conns.Go(func() {
			defer c.Close()
			z.session(c)
		})
	}
}

// ZooKeeper's codes: operations, and the error for a missing path.
const (
	zkGetData, zkPing, zkGetChildren2, zkSetAuth, zkClose = 4, 11, 12, 100, -11

	zkNoNode = -101
)

func (z *fakeZK) session(c net.Conn) {
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
		code, body, answer := z.answer(op, request[8:])
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

func (z *fakeZK) answer(op int32, args []byte) (code int32, body []byte, answer bool) {
	z.mu.Lock()
	defer z.mu.Unlock()
	stat := make([]byte, 68)
	switch op {
	case zkSetAuth: // type, scheme, credentials
		scheme := int(binary.BigEndian.Uint32(args[4:]))
		z.auth = string(args[8:8+scheme]) + " " + string(args[12+scheme:])
	case zkGetChildren2:
		children := z.children(str(args))
		if children == nil {
			return zkNoNode, nil, !z.silent
		}
		body = be32(nil, int32(len(children)))
		for _, c := range children {
			body = buffer(body, c)
		}
		body = append(body, stat...)
	case zkGetData:
		data, ok := z.nodes[str(args)]
		if !ok || str(args) == z.vanish {
			delete(z.nodes, z.vanish)
			return zkNoNode, nil, true
		}
		body = append(buffer(nil, data), stat...)
	}
	return 0, body, !z.silent || op == zkPing
}

func (z *fakeZK) children(parent string) []string {
	var names []string
	for path := range z.nodes {
		if name, ok := strings.CutPrefix(path, parent+"/"); ok {
			names = append(names, name)
		}
	}
	return names
}

func (z *fakeZK) set(nodes map[string]string) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.nodes = nodes
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
