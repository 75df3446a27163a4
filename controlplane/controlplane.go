package controlplane

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"k8s.io/client-go/rest"

	"github.com/kubernetes-mesos/kubernetes-mesos/controlplane/datadir"
	"github.com/kubernetes-mesos/kubernetes-mesos/controlplane/localport"
	"github.com/kubernetes-mesos/kubernetes-mesos/controlplane/peers"
	"github.com/kubernetes-mesos/kubernetes-mesos/controlplane/sharedpki"
)

// ControlPlane is a Kubernetes control plane: made by New, alive in Run.
type ControlPlane struct {
	settled settled
	lock    *datadir.Lock
	creds   credentials
	harden  hardening
	secure  net.Listener
	local   net.Listener
	ready   chan struct{}
	ran     atomic.Bool

	controlling atomic.Bool // the controllers run
	scheduler   atomic.Pointer[func(context.Context) error]

	etcd etcdClient // set by New if it is another's, else before ready is closed
	peer *peers.Peer
}

// New prepares a control plane: it takes the data directory and the ports, and
// makes what certificates are missing. Nothing runs yet. What the user can cure
// is a *ConfigError (for the data directory in use, around a *datadir.InUseError).
// Either Run or Close must follow.
func New(cfg Config) (*ControlPlane, error) {
	s, err := cfg.settle()
	if err != nil {
		return nil, fmt.Errorf("control plane: %w", err)
	}
	c := &ControlPlane{settled: s, ready: make(chan struct{})}
	if err := c.take(); err != nil {
		c.Close()
		return nil, fmt.Errorf("control plane: %w", err)
	}
	return c, nil
}

func (c *ControlPlane) take() (err error) {
	s := c.settled
	if c.lock, err = datadir.Acquire(s.DataDir); err != nil {
		return &ConfigError{"data_dir", err}
	}
	if !s.NoLocalPort {
		if c.local, err = listen("port", s.LocalAddress); err != nil {
			return err
		}
	}
	if c.secure, err = listen("secure_port", s.SecureAddress); err != nil {
		return err
	}
	if err := c.meet(); err != nil {
		return err
	}
	if c.creds, err = certify(s, time.Now()); err != nil {
		return &ConfigError{"data_dir", err}
	}
	if err := c.prepareHardening(); err != nil {
		return &ConfigError{"data_dir", err}
	}
	kubeconfig := filepath.Join(s.DataDir, "admin.kubeconfig")
	if err := c.creds.writeKubeconfig(kubeconfig, c.Servers()[0]); err != nil {
		return &ConfigError{"data_dir", err}
	}
	return nil
}

// meet reaches the etcd that is shared with others, if one is, and takes from
// there what all must have alike.
func (c *ControlPlane) meet() (err error) {
	s, server := c.settled, serverURL(c.settled.advertise, c.securePort())
	if len(s.EtcdServers) == 0 {
		c.peer = peers.Alone(server)
		return nil
	}
	quietGRPC()
	ctx, cancel := context.WithTimeout(context.Background(), 2*etcdTimeout)
	defer cancel()
	if c.etcd, err = reachEtcd(ctx, s); err != nil {
		return err
	}
	c.peer = peers.New(c.etcd.client, server, fmt.Sprintf("%s (process %d on %s)", server, os.Getpid(), s.hostname))
	if err := sharedpki.Share(ctx, c.etcd.client, filepath.Join(s.DataDir, "pki"), time.Now()); err != nil {
		return &ConfigError{"etcd_servers", err}
	}
	if err := sharedpki.ShareKey(ctx, c.etcd.client, s.secretsKeyFile(), newSecretsKey()); err != nil {
		return &ConfigError{"etcd_servers", err}
	}
	return nil
}

// prepareHardening makes the key for secrets when it is missing, and writes what
// the API server reads from files.
func (c *ControlPlane) prepareHardening() error {
	key, err := secretsKey(c.settled.secretsKeyFile())
	if err != nil {
		return err
	}
	c.harden, err = writeHardening(c.settled, key)
	return err
}

// listen opens a port; flag is the one that names it.
func listen(flag, address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, &ConfigError{flag, fmt.Errorf("%s is in use by another process: stop it or choose another port", address)}
	}
	if err != nil {
		return nil, &ConfigError{flag, err}
	}
	return l, nil
}

// Close gives back what New took. Run does it by itself.
func (c *ControlPlane) Close() error {
	var errs []error
	for _, l := range []net.Listener{c.local, c.secure} {
		if l == nil {
			continue
		}
		if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if c.etcd.stop != nil {
		c.etcd.stop()
	}
	if c.lock != nil {
		errs = append(errs, c.lock.Release())
	}
	return errors.Join(errs...)
}

// Ready is closed when the API server answers, the local port serves and it is
// known who leads; in the leader also what pods need of the controllers is there.
func (c *ControlPlane) Ready() <-chan struct{} { return c.ready }

// ClientConfig returns the configuration of a client with all rights. It is a
// copy: the caller may change it. There is an answer once Ready is closed.
func (c *ControlPlane) ClientConfig() *rest.Config {
	ip := c.settled.secureIP
	if ip.IsUnspecified() {
		ip = net.IPv4(127, 0, 0, 1)
	}
	return c.creds.clientConfig(serverURL(ip, c.securePort()))
}

// Etcd returns a client of the cluster's etcd, for records of our own; the API
// server's are below /registry/. It may be used from Ready on while Run lasts.
func (c *ControlPlane) Etcd() *clientv3.Client { return c.etcd.client }

// Peer returns this control plane among all that share its etcd: whether it
// leads, and which others there are. Controllers run in the leader alone; all
// else that acts for the cluster is to keep to that, too.
func (c *ControlPlane) Peer() *peers.Peer { return c.peer }

// CA returns the certificate, in PEM, by which agents know the API server.
func (c *ControlPlane) CA() []byte { return c.creds.ca }

// Servers returns the URLs by which agents reach the living API servers of the
// cluster, this one first.
func (c *ControlPlane) Servers() []string { return c.peer.Servers() }

// ServersChanged gives a signal after Servers has changed; it is for one reader.
func (c *ControlPlane) ServersChanged() <-chan struct{} { return c.peer.ServersChanged() }

// LocalAddr returns the host:port of the local port, "" when none is served.
func (c *ControlPlane) LocalAddr() string {
	if c.local == nil {
		return ""
	}
	return c.local.Addr().String()
}

func (c *ControlPlane) securePort() string {
	return strconv.Itoa(c.secure.Addr().(*net.TCPAddr).Port)
}

// front returns the local port's handler: guard, then door and API server, which
// take the caller for localUser.
func (c *ControlPlane) front(api http.Handler) http.Handler {
	return localport.Guard(asLocal(api), []string{c.settled.hostname})
}
