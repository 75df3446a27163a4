package node

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"net"
	"net/netip"
	"os/exec"
	"sync"
	"time"

	"github.com/go-logr/logr"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	typedv1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/record"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/hostlock"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/networkpolicy"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/noderoutes"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/podnetwork"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/serviceproxy"
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
	log     logr.Logger

	mu       sync.Mutex
	links    *podnetwork.Network // nil until the node has its range
	routes   *noderoutes.Routes
	proxy    *serviceproxy.Proxy
	policies *networkpolicy.Enforcer
	made     chan struct{} // closed once these are set
	member   *hostlock.Lock
}

// networkMembers is the lock that every executor of a host with a network holds.
const networkMembers = "network-members"

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
	own, err := net.InterfaceAddrs()
	if err != nil {
		return nil, err
	}
	if err := apart(own, append(append([]netip.Prefix(nil), n.pods...), n.service...)); err != nil {
		return nil, err
	}
	if n.locks, err = hostlock.Open(locks); err != nil {
		return nil, err
	}
	n.config = noderoutes.Config{
		Mode: noderoutes.Mode(wanted.Routes), Node: n.address, Cluster: n.pods, Port: wanted.VXLANPort,
		VNI: vni(spec.Framework), Changed: n.nodesChanged, Log: log.WithName("routes"),
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
	member, err := n.locks.Join(ctx, networkMembers)
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

// rangesWait is how long a node waits for its range of addresses before it says so, and
// again each time.
const rangesWait = 5 * time.Second

// awaitRanges waits until the Node has its ranges of pod addresses, which the controllers
// give it soon after it is made.
func (n *network) awaitRanges(ctx context.Context, client kubernetes.Interface, waits func(string)) ([]netip.Prefix, error) {
	var ranges []netip.Prefix
	asked := time.Now()
	err := wait.PollUntilContextCancel(ctx, 50*time.Millisecond, true, func(ctx context.Context) (bool, error) {
		node, err := client.CoreV1().Nodes().Get(ctx, n.name, metav1.GetOptions{})
		if err == nil {
			ranges = noderoutes.PeerOf(node).Ranges
		}
		if len(ranges) == 0 && time.Since(asked) > rangesWait {
			asked = time.Now()
			waits(fmt.Sprintf("node %s has no range of pod addresses yet (%v): its events tell whether the cluster's range is used up", n.name, err))
		}
		return len(ranges) > 0, nil
	})
	return ranges, err
}

// run keeps the network up to date until ctx ends. A part that fails is shown as an event of
// the Node, and tried again after a while; the others go on.
func (n *network) run(ctx context.Context, client func() kubernetes.Interface) {
	if n == nil {
		return
	}
	select {
	case <-n.made:
	case <-ctx.Done():
		return
	}
	events := record.NewBroadcaster(record.WithContext(ctx))
	defer events.Shutdown()
	events.StartRecordingToSink(&typedv1.EventSinkImpl{Interface: client().CoreV1().Events("")})
	recorder := events.NewRecorder(scheme.Scheme, v1.EventSource{Component: "executor", Host: n.name})
	node := &v1.ObjectReference{Kind: "Node", Name: n.name, UID: types.UID(n.name)}
	var all sync.WaitGroup
	for name, part := range map[string]func(context.Context) error{
		"pods": n.links.Run, "services": n.proxy.Run, "policies": n.policies.Run,
		"routes": func(ctx context.Context) error { return n.routes.Run(ctx, client()) },
	} {
		all.Go(func() {
			wait.UntilWithContext(ctx, func(ctx context.Context) {
				if err := part(ctx); err != nil && ctx.Err() == nil {
					n.log.Error(err, "a part of the network does not work; it is tried again", "part", name, "within", tryAgain)
					recorder.Eventf(node, v1.EventTypeWarning, "NetworkProblem", "%s: %v", name, err)
				}
			}, tryAgain)
		})
	}
	all.Wait()
}

const tryAgain = 30 * time.Second

// nodesChanged lets pods reach the nodes' addresses with their own. A node without an
// executor has no way back to pods.
func (n *network) nodesChanged(ctx context.Context, nodes []noderoutes.Peer) {
	inside := append([]netip.Prefix(nil), n.pods...)
	for _, p := range nodes {
		if !p.Ready {
			continue
		}
		for _, a := range []netip.Addr{p.Node, p.Node6} {
			if a.IsValid() {
				inside = append(inside, netip.PrefixFrom(a, a.BitLen()))
			}
		}
	}
	n.links.SetInside(inside)
	if err := n.links.Prepare(ctx); err != nil && ctx.Err() == nil {
		n.log.Error(err, "other nodes are reached with this node's address until the next attempt")
	}
}

// remove removes the network from this host, and what executors share if this was the last.
func (n *network) remove(ctx context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.links == nil { // not made, but perhaps by an executor before this one
		return podnetworkLeftovers(ctx, n.owner)
	}
	err := errors.Join(n.links.Remove(ctx), n.policies.Remove(ctx), n.proxy.Remove(ctx))
	last, failed := n.member.Last()
	if last {
		err = errors.Join(err, n.routes.Remove())
	}
	n.links = nil
	return errors.Join(err, failed, n.member.Release())
}

// removeNetworkOf removes what another executor has left of its network. A host without
// nft has no such network.
func removeNetworkOf(ctx context.Context, owner dockershim.Owner) error {
	if _, err := exec.LookPath("nft"); err != nil {
		return nil
	}
	return podnetworkLeftovers(ctx, networkOwner(owner.Framework, owner.Agent))
}

// podnetworkLeftovers removes the links, tables and policies of an owner's pods.
func podnetworkLeftovers(ctx context.Context, owner string) error {
	return errors.Join(podnetwork.RemoveOwner(ctx, owner), networkpolicy.New(networkpolicy.Config{Owner: owner}).Remove(ctx))
}

// networkOwner identifies an executor among those of a host.
func networkOwner(framework, agent string) string { return framework + "/" + agent }

// adopt makes the addresses of all sandboxes count as held, until they are stopped or
// removed.
func (r *runtime) adopt(ctx context.Context, links *podnetwork.Network) error {
	boxes, err := r.ListPodSandbox(ctx, &cri.ListPodSandboxRequest{})
	if err != nil {
		return fmt.Errorf("listing pod sandboxes: %w", err)
	}
	for _, box := range boxes.Items {
		status, err := r.PodSandboxStatus(ctx, &cri.PodSandboxStatusRequest{PodSandboxId: box.Id})
		if err != nil {
			return fmt.Errorf("the addresses of sandbox %s: %w", box.Id, err)
		}
		var addresses []netip.Addr
		for _, text := range append([]string{status.Status.Network.GetIp()}, additional(status.Status.Network)...) {
			if a, err := netip.ParseAddr(text); err == nil {
				addresses = append(addresses, a)
			}
		}
		links.Adopt(box.Id, addresses)
	}
	return nil
}

func additional(n *cri.PodSandboxNetworkStatus) []string {
	var all []string
	for _, ip := range n.GetAdditionalIps() {
		all = append(all, ip.Ip)
	}
	return all
}

// apart fails if this machine has an address in one of the cluster's ranges, which would be
// cut off. Addresses of the network itself, which an earlier executor has left, are not.
func apart(own []net.Addr, ranges []netip.Prefix) error {
	for _, a := range own {
		network, err := netip.ParsePrefix(a.String())
		if err != nil || network.IsSingleIP() {
			continue
		}
		for _, r := range ranges {
			if r.Overlaps(network) {
				return fmt.Errorf("this machine is in the network %v, which overlaps the cluster's range %v: choose other ranges of pods and services", network.Masked(), r)
			}
		}
	}
	return nil
}

func parsePrefixes(texts []string) ([]netip.Prefix, error) {
	var all []netip.Prefix
	for _, text := range texts {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, err
		}
		all = append(all, p.Masked())
	}
	return all, nil
}

// vni returns the network identifier of a framework's VXLAN, so that two clusters on the
// same machines do not hear each other.
func vni(framework string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(framework))
	return int(h.Sum32() & 0xffffff)
}
