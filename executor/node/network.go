package node

import (
	"errors"
	"fmt"
	"hash/fnv"
	"net"
	"net/netip"
	"sync"

	"github.com/go-logr/logr"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/cninetwork"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/networkpolicy"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/podnetwork"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/serviceproxy"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/sysctls"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/hostlock"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/noderoutes"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
)

// network is the cluster's network on this node: its pods' links, routes to other nodes,
// services and policies. It is made when the node has its range of addresses, and remains
// when the process ends, so that pods stay connected; remove removes it. Where it cannot be
// made Docker connects pods, and the Node's condition says why, until it can be.
type network struct {
	name       string // of the node
	framework  string
	owner      string
	address    netip.Addr     // the first of addresses
	addresses  []netip.Addr   // the node's, at most one per IP family
	pods       []netip.Prefix // of the cluster
	service    []netip.Prefix
	docker     string // endpoint of its daemon
	locks      hostlock.Dir
	config     noderoutes.Config
	mtu        int
	dns        netip.Addr // of the Service behind which executors answer names; the zero value: they do not
	names      names
	problems   *problems
	parameters *sysctls.Parameters // of this host; nil: they cannot be shared
	log        logr.Logger
	refused    error // why there can be no network, whatever is tried

	prepared chan struct{} // closed after the first attempt to make it
	made     chan struct{} // closed once it is made

	mu       sync.Mutex
	links    *podnetwork.Network // nil until it is made, and once it is removed
	routes   *noderoutes.Routes
	proxy    *serviceproxy.Proxy
	policies *networkpolicy.Enforcer
	cluster  *hostlock.Lock // of clusterMembers
	member   *hostlock.Lock // of all programs that set routes
	removed  bool

	cni *cninetwork.Network // what connects pods instead, in mode cni
}

// clusterMembers is the lock that every executor of a cluster on a host holds while it has a
// network.
func clusterMembers(framework string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(framework))
	return fmt.Sprintf("network-cluster-%08x", h.Sum32())
}

// newNetwork returns the network that the cluster wants, nil if pods are Docker's to
// connect. It has no side effects but the directory of locks.
func newNetwork(spec executor.Spec, address net.IP, docker, locks string, log logr.Logger) *network {
	wanted := spec.Cluster.Network
	if wanted == nil {
		return nil
	}
	n := &network{
		name: spec.Name, framework: spec.Framework, owner: networkOwner(spec.Framework, spec.Agent), docker: docker, mtu: wanted.MTU,
		problems: newProblems(spec.Name, log), prepared: make(chan struct{}), made: make(chan struct{}), log: log,
	}
	n.refused = n.configure(*wanted, spec.Cluster.CA, address, locks)
	return n
}

// configure checks what the framework wants.
func (n *network) configure(wanted taskdata.Network, ca string, address net.IP, locks string) error {
	var ok bool
	if n.address, ok = netip.AddrFromSlice(address); !ok {
		return fmt.Errorf("%v is no address", address)
	}
	n.address = n.address.Unmap()
	var err error
	if n.pods, err = parsePrefixes(wanted.Pods); err != nil {
		return fmt.Errorf("ranges of pods: %w", err)
	}
	if n.service, err = parsePrefixes(wanted.Services); err != nil {
		return fmt.Errorf("ranges of services: %w", err)
	}
	if err := n.findAddresses(); err != nil {
		return err
	}
	if wanted.DNS != "" {
		if n.dns, err = netip.ParseAddr(wanted.DNS); err != nil {
			return fmt.Errorf("the address of the cluster's DNS: %w", err)
		}
	}
	vni := wanted.VNI
	if vni == 0 { // from a framework_runner that left it to executors
		vni = noderoutes.VNI([]byte(ca))
	}
	n.config = noderoutes.Config{
		Mode: noderoutes.Mode(wanted.Routes), Cluster: n.pods, Port: wanted.VXLANPort,
		VNI: vni, Changed: n.nodesChanged, Report: n.problems.of("routes"), Log: n.log.WithName("routes"),
	}
	n.config.Node, n.config.Node6 = noderoutes.Order(n.addresses)
	n.locks, err = hostlock.Open(locks)
	return err
}

// podNetwork returns what connects pods, nil if Docker does.
func (n *network) podNetwork() (dockershim.PodNetwork, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	select {
	case <-n.prepared:
	default:
		return nil, errors.New("the pod network of this node is not ready")
	}
	switch {
	case n.removed:
		return nil, errors.New("the pod network of this node is removed: no pod starts any more")
	case n.links == nil:
		return nil, nil
	}
	return n.links, nil
}

// overhead returns what pods' packets must leave free for a tunnel.
func (n *network) overhead() int {
	if n.config.Mode == noderoutes.HostGW || n.config.Mode == noderoutes.None {
		return 0
	}
	return noderoutes.Overhead
}

// networkOwner identifies an executor among those of a host.
func networkOwner(framework, agent string) string { return framework + "/" + agent }
