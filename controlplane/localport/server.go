// Package localport serves plain HTTP to programs on the same machine, and keeps out
// web pages and other users.
package localport

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
)

// Server serves one listener.
type Server struct {
	listener *tracked
	handler  http.Handler
	users    Users
	grace    time.Duration
	log      logr.Logger
}

// New returns a server of handler on l that admits only users. When it stops,
// requests in flight have grace to end. The server takes ownership of l.
func New(l net.Listener, handler http.Handler, users Users, grace time.Duration, log logr.Logger) *Server {
	return &Server{listener: track(l, maxConnections, newCounts()), handler: handler, users: users, grace: grace, log: log}
}

// Run serves until ctx ends, and returns when no connection is left: it cuts those
// that do not end within the grace (a watch, an exec).
func (s *Server) Run(ctx context.Context) error {
	base, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	server := &http.Server{
		Handler:           admitted(s.listener.counts.recovering(Bodies(s.handler), s.log)),
		ReadHeaderTimeout: 30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		BaseContext:       func(net.Listener) context.Context { return base },
		ConnContext:       s.users.mark,
		ErrorLog:          log.New(io.Discard, "", 0), // malformed requests are the caller's problem; panics are recovered earlier
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(s.listener) }()
	select {
	case err := <-failed:
		return errors.Join(err, s.listener.closeAll())
	case <-ctx.Done():
	}
	patience, giveUp := context.WithTimeout(base, s.grace)
	defer giveUp()
	server.Shutdown(patience) // an error means that some did not end by themselves
	cut()
	server.Close()
	<-failed
	return s.listener.closeAll()
}

// Metrics returns this server's counters: panics and excess connections.
func (s *Server) Metrics() prometheus.Collector { return s.listener.counts }

// Close closes the port of a server that is not running.
func (s *Server) Close() error { return s.listener.Close() }
