package kubelet

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"

	"github.com/go-logr/logr"
	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
)

// Config configures the kubelet of one agent.
type Config struct {
	Node  string // name of the Node object, a DNS name
	Agent string // id of the Mesos agent; pods meant for another agent are left alone
	// Addresses are the node's InternalIPs, at most one per IP family: addresses of this
	// machine, not loopback. The kubelet serves at the first.
	Addresses []net.IP
	RootDir   string // absolute; everything that the kubelet writes is under it
	Socket    string // absolute path of the CRI runtime's unix socket

	Servers       []string // https URLs of the API servers
	CA            []byte   // PEM; signs the API servers' certificates and their clients'
	Token         string   // bootstrap token; only for requesting this node's certificate
	ClusterDNS    []string // addresses for pods' resolv.conf; none: the host's own
	ClusterDomain string   // e.g. cluster.local
	// Resolvers is the file that names the host's DNS servers, see package hostresolver.
	Resolvers string

	CPUs   float64 // of the agent, as Mesos gives it; at least 0.01
	Memory uint64  // bytes, as Mesos gives it
	Disk   uint64  // bytes, as Mesos gives it; 0: what the file system has

	ReservedCPUs   float64 // the executor's own
	ReservedMemory uint64  // bytes, likewise

	Resize Amount // part of what is the executor's own: it is for pods that grow in place

	MaxPods int // 0: taskdata.DefaultMaxPods

	// Pods is called with all pods bound to the node when they are first known and
	// after each change. The pods are shared: they must not be changed. It must not
	// block; nil: no call.
	Pods func([]*v1.Pod)

	// Prepare is called with a client as this node before the kubelet starts, and may wait.
	// nil: nothing has to be prepared.
	Prepare func(context.Context, kubernetes.Interface) error

	Log logr.Logger // the zero Logger discards
}

func (c *Config) validate() error {
	switch {
	case c.Node == "":
		return errors.New("kubelet: no node name is given")
	case len(c.Addresses) == 0 || slices.ContainsFunc(c.Addresses, unreachable):
		return fmt.Errorf("kubelet: node addresses %v cannot be reached from other machines; name some of this machine's own", c.Addresses)
	case !filepath.IsAbs(c.RootDir) || filepath.Clean(c.RootDir) != c.RootDir || c.RootDir == "/":
		return fmt.Errorf("kubelet: root directory %q must be a clean absolute path and not /", c.RootDir)
	case !filepath.IsAbs(c.Socket):
		return fmt.Errorf("kubelet: runtime socket %q must be an absolute path", c.Socket)
	case len(c.Servers) == 0:
		return errors.New("kubelet: no API server is named")
	case len(c.CA) == 0:
		return errors.New("kubelet: no certificate authority is given")
	case c.Token == "":
		return errors.New("kubelet: no bootstrap token is given")
	case c.MaxPods < 0:
		return fmt.Errorf("kubelet: %d pods at most make no sense", c.MaxPods)
	}
	return c.validateCapacity()
}

func (c *Config) validateCapacity() error {
	switch {
	case !(c.CPUs >= 0.01) || c.CPUs > 1<<20:
		return fmt.Errorf("kubelet: agent has %v cpus; 0.01 is the least that can be used", c.CPUs)
	case c.ReservedCPUs < 0 || c.ReservedCPUs > c.CPUs:
		return fmt.Errorf("kubelet: executor has %v of the agent's %v cpus", c.ReservedCPUs, c.CPUs)
	case c.Memory == 0:
		return errors.New("kubelet: agent has no memory")
	case c.Resize.CPU > int64(c.ReservedCPUs*1000+0.5) || c.Resize.Memory > int64(c.ReservedMemory):
		return fmt.Errorf("kubelet: of the executor's %v cpus and %d bytes of memory, %s cannot be for pods that grow", c.ReservedCPUs, c.ReservedMemory, c.Resize)
	case c.ReservedMemory > c.Memory:
		return fmt.Errorf("kubelet: executor has %d of the agent's %d bytes of memory", c.ReservedMemory, c.Memory)
	}
	return nil
}

func unreachable(ip net.IP) bool { return ip == nil || ip.IsLoopback() || ip.IsUnspecified() }
