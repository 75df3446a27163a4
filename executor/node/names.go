package node

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/clusterdns"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/kubelet"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/reconcile"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
)

// names is the cluster's DNS on this node.
type names struct {
	domain    string
	resolvers string // the file that names the host's own
	sockets   *clusterdns.Sockets

	mu     sync.Mutex
	server *clusterdns.Server // the latest
	inside []netip.Prefix     // who is answered; nil: not known yet
	leads  func(node, address string) bool
}

// clusterDNS returns where pods ask for names: where the cluster says, otherwise at the
// executors' own service, if pods reach it.
func (n *network) clusterDNS(c taskdata.Cluster) []string {
	if len(c.ClusterDNS) > 0 || n == nil {
		return c.ClusterDNS
	}
	return n.ownDNS()
}

// ownDNS returns the address of the executors' own service for names, if there is one.
func (n *network) ownDNS() []string {
	if !n.dns.IsValid() {
		return nil
	}
	return []string{n.dns.String()}
}

// answer answers the names of the cluster until ctx ends, once there is a network. It
// begins anew after a failure.
func (n *network) answer(ctx context.Context, k *kubelet.Kubelet) {
	if n == nil {
		return
	}
	if !n.dns.IsValid() {
		// An executor before this one may have answered, and its queries have gone elsewhere since.
		if err := clusterdns.Remove(ctx, n.owner); err != nil && ctx.Err() == nil {
			n.log.Error(err, "rules for names that an earlier executor has made are left")
		}
		return
	}
	select {
	case <-n.made:
	case <-ctx.Done():
		return
	}
	wait.UntilWithContext(ctx, func(ctx context.Context) {
		server, err := clusterdns.New(clusterdns.Config{
			Client: k.Connection(), Domain: n.names.domain, Address: n.address, Port: n.portBefore(ctx, k.Client()), Service: n.dns, Inside: n.pods, Owner: n.owner,
			Resolvers: n.names.resolvers, Sockets: n.names.sockets, Log: n.log.WithName("dns"),
			Serving: func(ctx context.Context, port uint16) {
				n.problems.set("names", nil)
				n.announce(ctx, k.Client(), port)
			},
		})
		if err == nil {
			n.names.use(server)
			err = server.Run(ctx)
		}
		if err != nil && ctx.Err() == nil {
			n.problems.set("names", fmt.Errorf("pods of this node ask other nodes for names: %w", err))
		}
	}, reconcile.Every)
}

// portBefore returns the port at which an executor before this one answered, 0 if there was
// none. Rules for services lead there until they are made anew.
func (n *network) portBefore(ctx context.Context, client kubernetes.Interface) uint16 {
	node, err := client.CoreV1().Nodes().Get(ctx, n.name, metav1.GetOptions{})
	if err != nil {
		return 0
	}
	text, _, _ := strings.Cut(node.Annotations[taskdata.DNSAnnotation], " ")
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return 0
	}
	return uint16(port)
}

// use has a server know what is known by now.
func (n *names) use(server *clusterdns.Server) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.server = server
	if n.inside != nil {
		server.SetInside(n.inside)
		server.SetLeads(n.leads)
	}
}

// know sets who is answered, in addition to this machine, and which pods' addresses are told.
func (n *names) know(inside []netip.Prefix, leads func(node, address string) bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.inside, n.leads = inside, leads
	if n.server != nil {
		n.server.SetInside(inside)
		n.server.SetLeads(leads)
	}
}

// announcePeriod is how often it is checked whether the Node shows where names are
// answered.
const announcePeriod = 5 * time.Second

// announce keeps on this Node the port at which names are answered, until ctx ends. The
// framework makes it an endpoint of the cluster's DNS.
func (n *network) announce(ctx context.Context, client kubernetes.Interface, port uint16) {
	said := fmt.Sprintf("%d %x", port, time.Now().UnixNano())
	patch := []byte(fmt.Sprintf(`{"metadata":{"annotations":{%q:%q}}}`, taskdata.DNSAnnotation, said))
	check := func(o any) {
		if node, ok := o.(*v1.Node); !ok || node.Annotations[taskdata.DNSAnnotation] == said {
			return
		}
		if _, err := client.CoreV1().Nodes().Patch(ctx, n.name, types.MergePatchType, patch, metav1.PatchOptions{}); err != nil && ctx.Err() == nil {
			n.log.Error(err, "other nodes do not know that names are answered here; it is tried again", "within", announcePeriod)
		}
	}
	own := fields.OneTermEqualSelector(metav1.ObjectNameField, n.name)
	_, informer := cache.NewInformerWithOptions(cache.InformerOptions{
		ListerWatcher: cache.NewListWatchFromClient(client.CoreV1().RESTClient(), "nodes", metav1.NamespaceAll, own),
		ObjectType:    &v1.Node{}, ResyncPeriod: announcePeriod,
		Handler: cache.ResourceEventHandlerFuncs{AddFunc: check, UpdateFunc: func(_, o any) { check(o) }},
	})
	informer.RunWithContext(ctx)
}
