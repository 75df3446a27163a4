package mesos

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-zookeeper/zk"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/glog"
)

const (
	zkSession = 10 * time.Second // as Mesos itself uses
	zkTries   = 3                // when the leader vanishes while we look
)

// find returns only the leader.
func (q *quorum) find(ctx context.Context) ([]*url.URL, error) {
	leader, err := q.leader(ctx)
	if err != nil {
		return nil, fmt.Errorf("zookeeper %s%s: %w", strings.Join(q.servers, ","), q.path, err)
	}
	return []*url.URL{leader}, nil
}

func (q *quorum) leader(ctx context.Context) (*url.URL, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, zkSession, fmt.Errorf("no answer within %v", zkSession))
	defer cancel()
	var socket atomic.Pointer[net.Conn]
	conn, events, err := zk.Connect(q.servers, zkSession, zk.WithLogger(zkLog{}), zk.WithLogInfo(false), zk.WithDialer(q.dialer(ctx, &socket)))
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
	if q.auth != "" {
		if err := conn.AddAuth("digest", []byte(q.auth)); err != nil {
			return nil, because(ctx, err)
		}
	}
	for range zkTries {
		children, _, err := conn.Children(q.path)
		if err != nil && !errors.Is(err, zk.ErrNoNode) {
			return nil, because(ctx, err)
		}
		name, ok := firstMaster(children)
		if !ok {
			break
		}
		data, _, err := conn.Get(q.path + "/" + name)
		if errors.Is(err, zk.ErrNoNode) {
			continue // it has gone since
		}
		if err != nil {
			return nil, because(ctx, err)
		}
		return masterURL(data, q.scheme)
	}
	return nil, errors.New("no master is registered there: is one running, with the same --zk?")
}

// dialer adds a context to zk's dialer, which has none, and keeps the last
// connection in socket.
func (q *quorum) dialer(ctx context.Context, socket *atomic.Pointer[net.Conn]) zk.Dialer {
	dial := q.dial
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

// zkLog logs the zk package's messages at its own verbosity; those that matter are
// also returned as errors.
type zkLog struct{}

// Printf implements zk.Logger.
func (zkLog) Printf(format string, args ...any) { glog.V(2).Infof("ZooKeeper: "+format, args...) }
