package app

import (
	"context"
	"fmt"
	"net"
	"strconv"

	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/events"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/loadbalancer"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/policynotices"
)

// startServiceControllers starts what gives services of type LoadBalancer addresses, and
// what tells policies that they are not enforced. This process leads. f is about to run.
func startServiceControllers(ctx context.Context, p *parts, o options, client kubernetes.Interface, f *framework.Framework) {
	recorder := events.NewRecorder(client, "kubernetes-mesos")
	p.start(ctx, "events about services", func(ctx context.Context) error {
		recorder.Run(ctx)
		return nil
	})
	balancer := loadbalancer.New(loadbalancer.Config{
		Client: client, Nodes: o.balancers, Agents: f.AgentAddresses, Ranges: append(prefixes(o.clusterCIDR), prefixes(o.serviceClusterIPRange)...),
		Off: o.whyNoBalancer(), Reserved: o.reservedPorts(),
		Events: recorder, Log: p.log.WithName("loadbalancer"),
	})
	p.start(ctx, "load balancer", balancer.Run)
	notices := policynotices.New(policynotices.Config{Client: client, Nowhere: o.whyNoPolicies(), Events: recorder})
	p.start(ctx, "notices of network policies", notices.Run)
}

// whyNoBalancer returns what services are told if no node is named.
func (o options) whyNoBalancer() string {
	if o.podNetwork == networkDocker {
		return fmt.Sprintf("nothing serves services with -pod_network=%s: start framework_runner with another network, such as %s, and -load_balancer_nodes, or use host ports of pods", networkDocker, networkRouted)
	}
	return "no nodes are named for load balancers: start framework_runner with -load_balancer_nodes=<label selector>, such as mesos.attribute/edge=true; " +
		"until then the service is reached at its node ports"
}

// whyNoPolicies returns why no node enforces network policies, or "" if nodes do.
func (o options) whyNoPolicies() string {
	if o.podNetwork != networkDocker {
		return ""
	}
	return fmt.Sprintf("network policies are not enforced with -pod_network=%s: any pod reaches any other; start framework_runner with another network, such as %s", networkDocker, networkRouted)
}

// policyWarning returns what whoever writes a network policy is told, or "".
func (o options) policyWarning() string {
	if o.podNetwork == networkCNI {
		return fmt.Sprintf("with -pod_network=%s network policies are enforced by the agents' CNI plugins or not at all: Calico and Cilium do, bridge and ptp do not", networkCNI)
	}
	return o.whyNoPolicies()
}

// reservedPorts returns the ports of agents that are not for services.
func (o options) reservedPorts() []loadbalancer.Port {
	return append(o.ownPorts(), loadbalancer.Port{Begin: int32(o.nodePorts.Begin), End: int32(o.nodePorts.End), Owner: "node ports of services"})
}

// ownPorts returns the ports of this program: it may be on a machine with an agent.
func (o options) ownPorts() []loadbalancer.Port {
	all := []loadbalancer.Port{{Begin: int32(o.vxlanPort), Protocol: v1.ProtocolUDP, Owner: "the pods' network, by -vxlan_port,"}}
	for _, p := range []struct {
		port int
		flag string
	}{{o.port, "-port"}, {o.securePort, "-secure_port"}, {o.executorPort, "-executor_port"}, {o.localMesosPort(), "-local_address"}} {
		if p.port != 0 {
			all = append(all, loadbalancer.Port{Begin: int32(p.port), Protocol: v1.ProtocolTCP, Owner: "framework_runner, by " + p.flag + ","})
		}
	}
	for i := range all {
		all[i].End = all[i].Begin
	}
	return all
}

// localMesosPort returns the port of the local Mesos' master, or 0 if there is none.
func (o options) localMesosPort() int {
	_, text, _ := net.SplitHostPort(o.localAddress)
	port, err := strconv.Atoi(text)
	if err != nil || o.master.kind != masterLocal {
		return 0
	}
	return port
}
