package httpapi

import (
	"net"
	"net/http"
	"os"
	"sync"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/machine"
)

// An Endpoint is an agent's address: a loopback port of its host, its own, at which it serves while
// it runs. It belongs to one goroutine, except Wait.
type Endpoint struct {
	Addr string // host:port

	host     string
	reserved *os.File
	listener net.Listener
	server   *http.Server  // nil while it does not serve
	served   chan struct{} // closed when the server has released the listener
	serving  sync.WaitGroup
}

// NewEndpoint takes a free port of a host, a directory of namespaces or "" for this one,
// and listens, so that connections wait for Serve.
func NewEndpoint(host string) (*Endpoint, error) {
	e := &Endpoint{host: host}
	err := machine.In(host, func() (err error) {
		e.reserved, e.Addr, err = machine.ReservePort()
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := e.Listen(); err != nil {
		e.reserved.Close()
		return nil, err
	}
	return e, nil
}

// Port returns the port.
func (e *Endpoint) Port() int32 { return int32(e.listener.Addr().(*net.TCPAddr).Port) }

// Serve serves h until Stop or Server's end.
func (e *Endpoint) Serve(h http.Handler) {
	server, l, served := NewServer(h), e.listener, make(chan struct{})
	e.server, e.served = server, served
	e.serving.Go(func() {
		defer close(served)
		server.Serve(l)
	})
}

// Server returns the server, nil while there is none.
func (e *Endpoint) Server() *http.Server { return e.server }

// Stop breaks all connections and refuses new ones until Listen.
func (e *Endpoint) Stop() {
	e.server.Close()
	<-e.served // until then the socket still listens, and no other can
	e.server = nil
}

// Listen listens again after Stop.
func (e *Endpoint) Listen() error {
	return machine.In(e.host, func() error {
		l, err := net.Listen("tcp", e.Addr)
		if err == nil {
			e.listener = l
		}
		return err
	})
}

// Wait waits until nothing serves any more.
func (e *Endpoint) Wait() { e.serving.Wait() }

// Close gives the port back.
func (e *Endpoint) Close() {
	e.listener.Close()
	e.reserved.Close()
}
