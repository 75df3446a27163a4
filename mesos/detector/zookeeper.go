package detector

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-zookeeper/zk"
)

const (
	zkSession = 10 * time.Second // as Mesos itself uses
	zkTries   = 3                // when the leader vanishes while we look
)

// A zookeeper finds the leading master through ZooKeeper, where masters register. It
// looks only when asked, while there is no subscription, and keeps no session: a master
// that loses its leadership exits, which ends our stream, so ZooKeeper's own troubles do
// not affect a live subscription.
type zookeeper struct {
	servers []string // host:port
	path    string   // below which masters register
	auth    string   // user:password, or ""
	scheme  string   // of the masters' URLs
	apiPath string   // of the masters' URLs
	dial    func(ctx context.Context, network, address string) (net.Conn, error)
	log     logr.Logger
}

// detect returns only the leader.
func (z *zookeeper) detect(ctx context.Context) ([]*url.URL, error) {
	leader, err := z.leader(ctx)
	if err != nil {
		return nil, fmt.Errorf("zookeeper %s%s: %w", strings.Join(z.servers, ","), z.path, err)
	}
	return []*url.URL{leader}, nil
}

func (z *zookeeper) leader(ctx context.Context) (*url.URL, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, zkSession, fmt.Errorf("no answer within %v", zkSession))
	defer cancel()
	var socket atomic.Pointer[net.Conn]
	conn, events, err := zk.Connect(z.servers, zkSession, zk.WithLogger(zkLog{z.log}), zk.WithLogInfo(false), zk.WithDialer(z.dialer(ctx, &socket)))
	if err != nil {
		return nil, err
	}
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		<-ctx.Done()
		conn.Close()
		if s := socket.Load(); s != nil {
			(*s).Close() // the server may not have answered
		}
		for range events { // until nothing of the connection is left
		}
	}()
	defer func() { cancel(); <-closed }()
	if z.auth != "" {
		if err := conn.AddAuth("digest", []byte(z.auth)); err != nil {
			return nil, causeOf(ctx, err)
		}
	}
	for range zkTries {
		children, _, err := conn.Children(z.path)
		if err != nil && !errors.Is(err, zk.ErrNoNode) {
			return nil, causeOf(ctx, err)
		}
		name, ok := firstMaster(children)
		if !ok {
			break
		}
		data, _, err := conn.Get(z.path + "/" + name)
		if errors.Is(err, zk.ErrNoNode) {
			continue // it has gone since
		}
		if err != nil {
			return nil, causeOf(ctx, err)
		}
		return masterURL(data, z.scheme, z.apiPath)
	}
	return nil, errors.New("no master is registered there: is one running, with the same --zk?")
}

// dialer adds a context to zk's dialer, which has none, and keeps the last
// connection in socket.
func (z *zookeeper) dialer(ctx context.Context, socket *atomic.Pointer[net.Conn]) zk.Dialer {
	dial := z.dial
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	return func(network, address string, timeout time.Duration) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		c, err := dial(ctx, network, address)
		if err == nil {
			socket.Store(&c)
		}
		return c, err
	}
}

// causeOf returns why ctx was ended, if it was, instead of the resulting error.
func causeOf(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// zkLog logs the zk package's messages; those that matter are also returned as errors.
type zkLog struct{ log logr.Logger }

// Printf implements zk.Logger.
func (l zkLog) Printf(format string, args ...any) {
	l.log.V(2).Info("ZooKeeper client", "message", fmt.Sprintf(format, args...))
}
