package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"sync"

	"github.com/go-logr/logr"
	"k8s.io/client-go/kubernetes"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/cninetwork"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/networkpolicy"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/podnetwork"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/serviceproxy"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/hostlock"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/noderoutes"
)

// network is the cluster's network on this node: its pods' links, routes to other nodes,
// services and policies. It is made when the node has its range of addresses, and remains
// when the process ends, so that pods stay connected; remove removes it.
type network struct {
	name    string // of the node
	owner   string
	address netip.Addr
	pods    []netip.Prefix // of the cluster
	service []netip.Prefix
	locks   hostlock.Dir
	config  noderoutes.Config
	mtu     int
	dns     netip.Addr // of the Service behind which executors answer names; the zero value: they do not
	names   names
	log     logr.Logger

	mu       sync.Mutex
	links    *podnetwork.Network // nil until the node has its range
	routes   *noderoutes.Routes
	proxy    *serviceproxy.Proxy
	policies *networkpolicy.Enforcer
	made     chan struct{} // closed once these are set
	member   *hostlock.Lock

	cni *cninetwork.Network // what connects pods instead, in mode cni
}

// newNetwork returns the network that the cluster wants, nil if pods are Docker's to
// connect. It has no side effects but the directory of locks.
func newNetwork(spec executor.Spec, address net.IP, locks string, log logr.Logger) (*network, error) {
	wanted := spec.Cluster.Network
	if wanted == nil {
		return nil, nil
	}
	for _, program := range []string{"nft", "ip"} {
		if _, err := exec.LookPath(program); err != nil {
			return nil, fmt.Errorf("the pod network needs the program %s on this machine: %w", program, err)
		}
	}
	n := &network{name: spec.Name, owner: networkOwner(spec.Framework, spec.Agent), mtu: wanted.MTU, log: log, made: make(chan struct{})}
	var ok bool
	if n.address, ok = netip.AddrFromSlice(address); !ok {
		return nil, fmt.Errorf("the pod network: %v is no address", address)
	}
	n.address = n.address.Unmap()
	var err error
	if n.pods, err = parsePrefixes(wanted.Pods); err != nil {
		return nil, fmt.Errorf("ranges of pods: %w", err)
	}
	if n.service, err = parsePrefixes(wanted.Services); err != nil {
		return nil, fmt.Errorf("ranges of services: %w", err)
	}
	if wanted.DNS != "" {
		if n.dns, err = netip.ParseAddr(wanted.DNS); err != nil {
			return nil, fmt.Errorf("the address of the cluster's DNS: %w", err)
		}
	}
	own, err := net.InterfaceAddrs()
	if err != nil {
		return nil, err
	}
	if err := noderoutes.Apart(own, append(append([]netip.Prefix(nil), n.pods...), n.service...)); err != nil {
		return nil, err
	}
	if n.locks, err = hostlock.Open(locks); err != nil {
		return nil, err
	}
	n.config = noderoutes.Config{
		Mode: noderoutes.Mode(wanted.Routes), Node: n.address, Cluster: n.pods, Port: wanted.VXLANPort,
		VNI: wanted.VNI, Changed: n.nodesChanged, Log: log.WithName("routes"),
	}
	return n, nil
}

// podNetwork returns what connects pods, nil until that is made.
func (n *network) podNetwork() dockershim.PodNetwork {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.links == nil {
		return nil
	}
	return n.links
}

// prepare waits for the node's range of addresses and makes the network, with the pods
// that an earlier executor has connected.
func (n *network) prepare(ctx context.Context, client kubernetes.Interface, r *runtime, waits func(string)) error {
	if n.cni != nil {
		return n.prepareCNI(ctx, client, r)
	}
	ranges, err := n.awaitRanges(ctx, client, waits)
	if err != nil {
		return err
	}
	links, err := podnetwork.New(podnetwork.Config{Ranges: ranges, Inside: n.pods, Owner: n.owner, MTU: n.mtu, Overhead: n.overhead(), Log: n.log.WithName("pods")})
	if err != nil {
		return err
	}
	n.config.Ranges = ranges
	routes, err := noderoutes.New(n.config)
	if err != nil {
		return err
	}
	proxy, err := serviceproxy.New(serviceproxy.Config{
		Client: client, Node: n.name, Addresses: []netip.Addr{n.address}, Pods: n.pods, Services: n.service,
		Locks: n.locks, Log: n.log.WithName("services"),
	})
	if err != nil {
		return err
	}
	member, err := n.locks.Join(ctx, hostlock.Members)
	if err != nil {
		return err
	}
	if err := links.Prepare(ctx); err != nil {
		return errors.Join(err, member.Release())
	}
	if err := r.adopt(ctx, links); err != nil {
		return errors.Join(err, member.Release())
	}
	n.mu.Lock()
	n.links, n.routes, n.proxy, n.member = links, routes, proxy, member
	n.policies = networkpolicy.New(networkpolicy.Config{Client: client, Node: n.name, Owner: n.owner, Log: n.log.WithName("policies")})
	n.mu.Unlock()
	close(n.made)
	return nil
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
