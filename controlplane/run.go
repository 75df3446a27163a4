package controlplane

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/kubernetes"
	"k8s.io/component-base/metrics/legacyregistry"

	"github.com/kubernetes-mesos/kubernetes-mesos/controlplane/localport"
)

const (
	// localGrace is how long requests on the local port may take to end.
	localGrace = time.Second
	// apiGrace is how long the API server may take to stop. It gives watches
	// watchGrace and idle connections two seconds; the rest is for a busy machine.
	// etcd then takes at most 5.5 s.
	apiGrace = watchGrace + 15*time.Second
)

// hosted records that this process has had a control plane. It is the only mutable
// package variable, since the state it stands for is in Kubernetes' own package
// variables.
var hosted atomic.Bool

// Run runs the control plane until ctx ends, then returns nil; or until a part of it
// fails, then returns why: a *leaderelection.LostError if it lost the lead, which Elector's Hold
// reports at once. When Run returns, everything has ended: ports, lock and socket are
// free. Stopping takes at most 9 s if the machine is not busy.
func (c *ControlPlane) Run(ctx context.Context) error {
	defer c.Close()
	if !hosted.CompareAndSwap(false, true) {
		return ErrSecond
	}
	if err := c.host(ctx); err != nil {
		return fmt.Errorf("control plane: %w", err)
	}
	return nil
}

// unlessEnded returns err, or nil if err only means that ctx has ended.
func unlessEnded(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}

// host runs etcd, and everything else while etcd runs.
func (c *ControlPlane) host(ctx context.Context) error {
	if c.etcd.client == nil {
		quietGRPC(c.config.Log.WithName("grpc"))
		etcd, err := startEtcd(ctx, c.config)
		if err != nil {
			return unlessEnded(ctx, err)
		}
		c.etcd = etcd
	}
	server, err := newAPIServer(ctx, c.config, c.creds.files, c.harden, c.etcd, c.secure, c.ownAnswers, c.ready)
	if err != nil {
		return fmt.Errorf("API server: %w", err)
	}
	return c.serve(ctx, server)
}

// serve runs the API server, and in front of it the local port and the controllers,
// which end first.
func (c *ControlPlane) serve(ctx context.Context, server *apiServer) error {
	serverCtx, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- server.run(serverCtx) }()

	g, front := errgroup.WithContext(ctx)
	g.Go(func() error {
		select {
		case err := <-ended:
			ended <- nil
			return fmt.Errorf("API server ended: %w", orUnknown(err))
		case err := <-c.etcd.failed:
			return fmt.Errorf("etcd ended: %w", orUnknown(err))
		case <-front.Done():
			return nil
		}
	})
	if c.local != nil {
		g.Go(func() error {
			return runMeasured(front, localport.New(c.local, c.front(server.handler), c.config.users, localGrace, c.config.Log.WithName("local port")))
		})
	}
	g.Go(func() error { return c.start(front) })
	err := unlessEnded(ctx, g.Wait())

	stop()
	select {
	case e := <-ended:
		return errors.Join(err, e)
	case <-time.After(apiGrace):
		return errors.Join(err, fmt.Errorf("API server: not over %v after it was told to stop", apiGrace))
	}
}

// runMeasured runs the local port, and meanwhile exports its counters together with
// the API server's metrics.
func runMeasured(ctx context.Context, local *localport.Server) error {
	if err := legacyregistry.Registerer().Register(local.Metrics()); err != nil {
		return errors.Join(fmt.Errorf("metrics of the local port: %w", err), local.Close())
	}
	defer legacyregistry.Registerer().Unregister(local.Metrics())
	return local.Run(ctx)
}

// start brings up what depends on the API server. The elector starts first, as leading
// needs it, and ends last: a process that gives up the lead must do nothing more.
func (c *ControlPlane) start(ctx context.Context) error {
	client, err := kubernetes.NewForConfig(c.ClientConfig())
	if err != nil {
		return err
	}
	if err := until(ctx, func() error { return answers(ctx, client) }); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	among, resign := context.WithCancel(context.WithoutCancel(ctx))
	defer resign()
	g.Go(func() error { return c.elector.Run(among) })
	g.Go(func() error {
		defer resign()
		return c.act(ctx, client)
	})
	return g.Wait()
}

// act reports when the control plane is ready, and runs the controllers while this
// process leads, until ctx ends.
func (c *ControlPlane) act(ctx context.Context, client kubernetes.Interface) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		select {
		case <-c.elector.Leading():
		case <-ctx.Done():
			return nil
		}
		if len(c.config.choice.names) == 0 {
			<-ctx.Done()
			return nil
		}
		as := c.ClientConfig()
		as.Wrap(c.elector.Guard)
		c.controlling.Store(true)
		defer c.controlling.Store(false)
		err := runControllers(ctx, c.config, c.creds.files, as)
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("controllers ended: %w", orUnknown(err))
	})
	g.Go(func() error {
		if err := c.awaitReady(ctx, client); err != nil {
			return err
		}
		close(c.ready)
		return nil
	})
	if c.config.ClusterDNS != "" {
		g.Go(func() error {
			c.keepDNSService(ctx, client)
			return nil
		})
	}
	return g.Wait()
}

// orUnknown returns err, or an error for an unknown reason if err is nil.
func orUnknown(err error) error {
	if err == nil {
		return errors.New("it gave no reason")
	}
	return err
}
