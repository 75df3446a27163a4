// Package hostroutes has the host of framework_runner reach pods, as webhooks, aggregated
// APIs and the API server's /proxy need: with the routes that executors set on theirs, also
// where no agent is. Executors on the same host share them; who ends last removes them.
package hostroutes

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/go-logr/logr"
	"golang.org/x/sys/unix"
	"k8s.io/client-go/kubernetes"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/hostlock"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/noderoutes"
)

// Config configures the routes of this host.
type Config struct {
	Routes noderoutes.Config
	Locks  string // the directory by which programs of this host share its network
	Log    logr.Logger
}

// Routes are the routes of this host to all pods.
type Routes struct {
	cfg    Config
	routes *noderoutes.Routes
}

// New checks cfg. It has no side effects.
func New(cfg Config) (*Routes, error) {
	routes, err := noderoutes.New(cfg.Routes)
	if err != nil {
		return nil, err
	}
	return &Routes{cfg, routes}, nil
}

// Run keeps the routes until ctx ends, and then removes them, and what programs that died have
// left of theirs, if no executor of this host needs them. Where routes cannot be set, it says so, and what does not work.
func (r *Routes) Run(ctx context.Context, client kubernetes.Interface) error {
	lock, err := r.join(ctx)
	if ctx.Err() != nil {
		return errors.Join(err, release(lock))
	}
	if err != nil {
		r.cfg.Log.Error(err, "this host does not join the network of pods: webhooks and aggregated APIs that run in pods, and /proxy of pods and services, work only for pods that this host reaches without")
		<-ctx.Done()
		return nil
	}
	err = r.routes.Run(ctx, client)
	<-ctx.Done()
	last, failed := lock.Last()
	if last {
		err = errors.Join(err, noderoutes.RemoveAll())
	}
	return errors.Join(err, failed, lock.Release())
}

// join returns the lock of a host on which this process may set routes.
func (r *Routes) join(ctx context.Context) (*hostlock.Lock, error) {
	if err := mayRoute(); err != nil {
		return nil, err
	}
	own, err := net.InterfaceAddrs()
	if err != nil {
		return nil, err
	}
	if err := noderoutes.Apart(own, r.cfg.Routes.Cluster); err != nil {
		return nil, err
	}
	locks, err := hostlock.Open(r.cfg.Locks)
	if err != nil {
		return nil, err
	}
	return locks.Join(ctx, hostlock.Members)
}

func release(lock *hostlock.Lock) error {
	if lock == nil {
		return nil
	}
	return lock.Release()
}

// mayRoute fails without the right to set routes.
func mayRoute() error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return fmt.Errorf("the rights of this process: %w", err)
	}
	if data[0].Effective&(1<<unix.CAP_NET_ADMIN) == 0 {
		return errors.New("this process may not set routes: run it as root, or give it the capability CAP_NET_ADMIN")
	}
	return nil
}
