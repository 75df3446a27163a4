package dockershim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/osthread"
	"golang.org/x/sys/unix"
)

// PortForward connects a stream to a port on the pod's own loopback addresses, so it
// also reaches servers that listen only there.
func (s streamRuntime) PortForward(ctx context.Context, sandbox string, port int32, stream io.ReadWriteCloser) error {
	defer stream.Close()
	c, r, err := s.inventory.inspect(ctx, sandbox)
	if err != nil {
		return err
	}
	if !c.State.Running {
		return fmt.Errorf("%s does not run", r)
	}
	conn, err := dialInside(c.State.Pid, int(port))
	if err != nil {
		return fmt.Errorf("port %d in %s: %w", port, r, err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		io.Copy(conn, stream)
		conn.(*net.TCPConn).CloseWrite()
	}()
	_, err = io.Copy(stream, conn)
	stream.Close()
	<-sent
	return err
}

// dialInside connects to a port on the loopback addresses of the network
// namespace of process pid.
func dialInside(pid, port int) (net.Conn, error) {
	type result struct {
		conn net.Conn
		err  error
	}
	done := make(chan result, 1)
	osthread.Go(func() { // the socket stays in the namespace it was created in
		conn, err := dialFrom(pid, port)
		done <- result{conn, err}
	})
	r := <-done
	return r.conn, r.err
}

func dialFrom(pid, port int) (net.Conn, error) {
	path := fmt.Sprintf("/proc/%d/ns/net", pid)
	ns, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	defer unix.Close(ns)
	if err := unix.Setns(ns, unix.CLONE_NEWNET); err != nil {
		return nil, fmt.Errorf("entering %s: %w", path, err)
	}
	v4, err4 := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err4 == nil {
		return v4, nil
	}
	v6, err6 := net.Dial("tcp", net.JoinHostPort("::1", strconv.Itoa(port)))
	if err6 == nil {
		return v6, nil
	}
	return nil, errors.Join(err4, err6)
}
