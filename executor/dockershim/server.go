package dockershim

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"google.golang.org/grpc"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// Server serves the container runtime interface.
type Server struct {
	log       logr.Logger
	service   *service
	inventory *inventory
	sweeper   *sweeper
	listener  net.Listener // the kubelet's socket
	streams   net.Listener // exec, attach, port-forward
	admission admission
}

// maxMessage is the kubelet's own limit for CRI messages.
const maxMessage = 16 << 20

// New returns a server that listens: a kubelet may connect from now on, and gets
// answers once Run runs. Docker need not run yet. Without Run, Close frees the
// sockets.
func New(c Config) (*Server, error) {
	c, err := c.complete()
	if err != nil {
		return nil, err
	}
	streams, err := net.Listen("tcp", c.StreamingAddress)
	if err != nil {
		return nil, fmt.Errorf("dockershim: streaming address: %w", err)
	}
	listener, err := listen(c.Socket)
	if err != nil {
		streams.Close()
		return nil, err
	}
	service, inventory, sweeper := newService(c)
	if err := service.streams.serveAt(streams.Addr().String()); err != nil {
		return nil, errors.Join(fmt.Errorf("dockershim: streaming: %w", err), streams.Close(), listener.Close())
	}
	return &Server{log: c.Log, service: service, inventory: inventory, sweeper: sweeper, listener: listener, streams: streams}, nil
}

// listen opens the kubelet's socket. A socket without a listener is left over from a
// process that is gone.
func listen(path string) (net.Listener, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("dockershim: socket: %w", err)
	}
	if conn, err := net.Dial("unix", path); err == nil {
		conn.Close()
		return nil, fmt.Errorf("dockershim: socket %s: another process serves on it", path)
	} else if info, lost := os.Lstat(path); errors.Is(err, syscall.ECONNREFUSED) && lost == nil && info.Mode()&os.ModeSocket != 0 {
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("dockershim: socket: %w", err)
		}
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("dockershim: socket: %w", err)
	}
	// Any client of this socket may start privileged containers.
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("dockershim: socket: %w", err), listener.Close())
	}
	return listener, nil
}

// Close frees the sockets of a server that does not run.
func (s *Server) Close() error {
	return errors.Join(s.listener.Close(), s.streams.Close())
}

// Socket returns the path of the kubelet's socket.
func (s *Server) Socket() string { return s.listener.Addr().String() }

// Run serves until ctx ends. Containers keep running.
func (s *Server) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	calls := grpc.NewServer(
		grpc.MaxRecvMsgSize(maxMessage),
		grpc.MaxSendMsgSize(maxMessage),
		grpc.ChainUnaryInterceptor(withStatus, s.admission.intercept),
	)
	runtimeapi.RegisterRuntimeServiceServer(calls, s.service)
	runtimeapi.RegisterImageServiceServer(calls, s.service)
	streams := &http.Server{Handler: s.service.streams.server, BaseContext: func(net.Listener) context.Context { return ctx }}

	var all sync.WaitGroup
	ended := make(chan error, 2)
	all.Go(func() { ended <- calls.Serve(s.listener) })
	all.Go(func() { ended <- streams.Serve(s.streams) })
	all.Go(func() { s.sweeper.run(ctx) })
	all.Go(func() { s.service.stats.layers.run(ctx, s.log) })
	all.Go(func() { s.inventory.watch(ctx) })
	var err error
	select {
	case <-ctx.Done():
	case err = <-ended:
		err = fmt.Errorf("dockershim: serving ended: %w", err)
	}
	cancel()
	streams.Close()
	stop(calls)
	all.Wait()
	return err
}

// stopTime is how long calls in progress may take to end when the server stops.
const stopTime = 2 * time.Second

func stop(calls *grpc.Server) {
	timer := time.AfterFunc(stopTime, calls.Stop)
	defer timer.Stop()
	calls.GracefulStop()
}

// Sweep removes leftovers of the owner and returns how many: containers and sandboxes
// that were created but not started for Config.SweepAfter. Run does it every minute.
func (s *Server) Sweep(ctx context.Context) (int, error) { return s.sweeper.sweep(ctx) }
