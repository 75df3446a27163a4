package app

import (
	"flag"
	"fmt"

	"k8s.io/apimachinery/pkg/labels"
	utilnet "k8s.io/apimachinery/pkg/util/net"

	"github.com/kubernetes-mesos/kubernetes-mesos/controlplane"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

// declareServices declares the flags of what services get.
func (o *options) declareServices(fs *flag.FlagSet) {
	fs.StringVar(&o.serviceClusterIPRange, "service_cluster_ip_range", controlplane.DefaultServiceClusterIPRange, "`network` of the services' virtual addresses, or one of IPv4 and one of IPv6, separated by a comma; the first is that of services that ask for neither")
	fs.StringVar(&o.serviceNodePorts, "service_node_port_range", controlplane.DefaultServiceNodePorts, "`ports` of services of type NodePort; agents usually offer 31000-32000 to all frameworks, so it ends before that")
	fs.StringVar(&o.loadBalancerNodes, "load_balancer_nodes", "", "label `selector` of the nodes whose addresses services of type LoadBalancer get, such as mesos.attribute/edge=true (default: none, and such services stay pending); services take their ports there, whoever else wants them")
}

func (o *options) checkServices() error {
	var err error
	if o.nodePorts, err = portRange(o.serviceNodePorts); err != nil {
		return fmt.Errorf("-service_node_port_range=%s: %w", o.serviceNodePorts, err)
	}
	if o.podNetwork != networkDocker { // otherwise nothing serves node ports
		if err := o.checkNodePorts(); err != nil {
			return fmt.Errorf("-service_node_port_range=%s: %w", o.serviceNodePorts, err)
		}
	}
	if o.loadBalancerNodes == "" {
		return nil
	}
	if o.podNetwork == networkDocker {
		return fmt.Errorf("-load_balancer_nodes=%s: with -pod_network=%s nothing serves services; use another network, such as %s", o.loadBalancerNodes, networkDocker, networkRouted)
	}
	if o.balancers, err = labels.Parse(o.loadBalancerNodes); err != nil {
		return fmt.Errorf("-load_balancer_nodes=%s: %w", o.loadBalancerNodes, err)
	}
	return nil
}

func portRange(text string) (resources.Range, error) {
	r, err := utilnet.ParsePortRange(text)
	if err == nil && r.Size == 0 {
		err = fmt.Errorf("it has no port")
	}
	if err != nil {
		return resources.Range{}, err
	}
	return resources.Range{Begin: uint64(r.Base), End: uint64(r.Base + r.Size - 1)}, nil
}

// defaultLocalPorts are what the agents of a local Mesos offer unless they are told otherwise.
const defaultLocalPorts = "ports:[31000-32000]"

// checkNodePorts rejects a range with a port that somebody else is known to have. What the
// agents of a real Mesos offer is seen later, and shown on their Nodes.
func (o *options) checkNodePorts() error {
	for _, p := range o.ownPorts() {
		if uint64(p.Begin) >= o.nodePorts.Begin && uint64(p.Begin) <= o.nodePorts.End {
			return fmt.Errorf("port %d in it belongs to %s", p.Begin, p.Owner)
		}
	}
	if o.master.kind != masterLocal {
		return nil
	}
	rs, err := resources.Parse(o.localResources)
	if err != nil {
		return nil // the local Mesos says what is wrong with it
	}
	if len(resources.Ports(rs)) == 0 {
		if rs, err = resources.Parse(defaultLocalPorts); err != nil {
			return err
		}
	}
	if twice := resources.Intersection(resources.Ports(rs), []resources.Range{o.nodePorts}); len(twice) > 0 {
		return fmt.Errorf("the local agents offer ports %s of it to all frameworks, and a service would take them from their tasks: keep it apart from the ports of -local_resources, 31000-32000 by default", resources.FormatRanges(twice))
	}
	return nil
}
