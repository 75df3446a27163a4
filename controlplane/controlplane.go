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
	"github.com/kubernetes-mesos/kubernetes-mesos/controlplane/leaderelection"
	"github.com/kubernetes-mesos/kubernetes-mesos/controlplane/localport"
	"github.com/kubernetes-mesos/kubernetes-mesos/controlplane/sharedpki"
	"github.com/kubernetes-mesos/kubernetes-mesos/controlplane/ui"
)

// ControlPlane is a Kubernetes control plane, made by New and run by Run.
type ControlPlane struct {
	config resolved
	lock   *datadir.Lock
	creds  credentials
	harden hardening
	secure net.Listener
	local  net.Listener
	ready  chan struct{}
	ran    atomic.Bool

	controlling atomic.Bool // whether the controllers run
	scheduler   atomic.Pointer[func(context.Context) error]
	mesos       atomic.Pointer[func(context.Context) (any, error)]

	etcd    etcdClient // set by New if external, else before ready is closed
	elector *leaderelection.Elector
}

// New prepares a control plane: it locks the data directory, opens the ports and
// makes any missing certificates. Nothing runs yet. An error that the user can fix
// is a *ConfigError (it wraps a *datadir.InUseError if the data directory is in
// use). The caller must call Run or Close.
func New(cfg Config) (*ControlPlane, error) {
	s, err := cfg.resolve()
	if err != nil {
		return nil, fmt.Errorf("control plane: %w", err)
	}
	c := &ControlPlane{config: s, ready: make(chan struct{})}
	if err := c.acquire(); err != nil {
		c.Close()
		return nil, fmt.Errorf("control plane: %w", err)
	}
	return c, nil
}

func (c *ControlPlane) acquire() (err error) {
	s := c.config
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
	if err := c.connectEtcd(); err != nil {
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

// connectEtcd connects to the shared etcd, if there is one, and takes from it what must be
// the same in all control planes.
func (c *ControlPlane) connectEtcd() (err error) {
	s, server := c.config, serverURL(c.config.advertise, c.securePort())
	if len(s.EtcdServers) == 0 {
		c.elector = leaderelection.Alone(server)
		return nil
	}
	quietGRPC(s.Log.WithName("grpc"))
	ctx, cancel := context.WithTimeout(context.Background(), 2*etcdTimeout)
	defer cancel()
	if c.etcd, err = reachEtcd(ctx, s); err != nil {
		return err
	}
	c.elector = leaderelection.New(c.etcd.client, server, fmt.Sprintf("%s (process %d on %s)", server, os.Getpid(), s.hostname), s.Log.WithName("leader election"))
	if err := sharedpki.Share(ctx, c.etcd.client, filepath.Join(s.DataDir, "pki"), time.Now()); err != nil {
		return &ConfigError{"etcd_servers", err}
	}
	if err := sharedpki.ShareKey(ctx, c.etcd.client, s.secretsKeyFile(), newSecretsKey()); err != nil {
		return &ConfigError{"etcd_servers", err}
	}
	return nil
}

// prepareHardening makes the key for secrets if it is missing, and writes the files
// that the API server reads.
func (c *ControlPlane) prepareHardening() error {
	key, err := secretsKey(c.config.secretsKeyFile())
	if err != nil {
		return err
	}
	c.harden, err = writeHardening(c.config, key)
	return err
}

// listen opens a port; setting is the setting of its address.
func listen(setting, address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, &ConfigError{setting, fmt.Errorf("%s is in use by another process: stop it or choose another port", address)}
	}
	if err != nil {
		return nil, &ConfigError{setting, err}
	}
	return l, nil
}

// Close releases what New acquired. Run does so itself.
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

// Ready is closed when the API server answers, the local port serves and the leader
// is known; in the leader, what pods need from the controllers exists, too.
func (c *ControlPlane) Ready() <-chan struct{} { return c.ready }

// ClientConfig returns the configuration of a client with all rights. It is a
// copy: the caller may change it. It is valid once Ready is closed.
func (c *ControlPlane) ClientConfig() *rest.Config {
	ip := c.config.secureIP
	if ip.IsUnspecified() {
		ip = net.IPv4(127, 0, 0, 1)
	}
	return c.creds.clientConfig(serverURL(ip, c.securePort()))
}

// Etcd returns a client of the cluster's etcd, for our own records; the API server's
// are below /registry/. It may be used once Ready is closed and until Run returns.
func (c *ControlPlane) Etcd() *clientv3.Client { return c.etcd.client }

// Elector returns this control plane's view of those that share its etcd: whether it
// leads, and which others there are. Controllers run only in the leader, and so
// must everything else that acts for the cluster.
func (c *ControlPlane) Elector() *leaderelection.Elector { return c.elector }

// CA returns the PEM certificate with which agents verify the API server.
func (c *ControlPlane) CA() []byte { return c.creds.ca }

// Servers returns the URLs at which agents reach the live API servers of the
// cluster, this one first.
func (c *ControlPlane) Servers() []string { return c.elector.Servers() }

// ServersChanged receives a signal after Servers has changed; it is for one reader.
func (c *ControlPlane) ServersChanged() <-chan struct{} { return c.elector.ServersChanged() }

// LocalAddr returns the host:port of the local port, or "" if none is served.
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
// treat the caller as localUser.
func (c *ControlPlane) front(api http.Handler) http.Handler {
	return localport.Guard(markLocal(api), []string{c.config.hostname}, ui.Path)
}
