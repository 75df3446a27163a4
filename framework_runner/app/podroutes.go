package app

import (
	"context"
	"net/netip"
	"net/url"

	"k8s.io/client-go/kubernetes"

	"github.com/kubernetes-mesos/kubernetes-mesos/controlplane"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/hostroutes"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/noderoutes"
)

// startRoutes has this host join the network of pods, or says why it does not. Each
// framework_runner does so, as each serves the API.
func startRoutes(ctx context.Context, p *parts, o options, plane *controlplane.ControlPlane) error {
	log := p.log.WithName("routes to pods")
	if o.master.kind == masterNone {
		return nil
	}
	if others := othersRoute(o); others != "" {
		log.Info(others)
		return nil
	}
	api, err := url.Parse(plane.Servers()[0])
	if err != nil {
		return err
	}
	address, err := netip.ParseAddr(api.Hostname())
	if err != nil || address.IsLoopback() {
		return err // agents at loopback are on this host
	}
	cfg := noderoutes.Config{Mode: noderoutes.Mode(o.podRoutes), Cluster: prefixes(o.clusterCIDR), VNI: noderoutes.VNI(plane.CA()), Port: o.vxlanPort, Log: log}
	addresses := []netip.Addr{address}
	if len(cfg.Cluster) > 1 {
		second, err := noderoutes.Beside(address)
		if err != nil {
			return err
		}
		if second.IsValid() {
			addresses = append(addresses, second)
		}
	}
	cfg.Node, cfg.Node6 = noderoutes.Order(addresses)
	routes, err := hostroutes.New(hostroutes.Config{Locks: o.lockDir, Log: log, Routes: cfg})
	if err != nil {
		log.Error(err, "this host does not join the network of pods")
		return nil
	}
	client, err := kubernetes.NewForConfig(plane.ClientConfig())
	if err != nil {
		return err
	}
	p.start(ctx, "routes to pods", func(ctx context.Context) error { return routes.Run(ctx, client) })
	return nil
}

// othersRoute says who sets routes to pods if this process does not, and what follows from
// that; "": it does.
func othersRoute(o options) string {
	const needs = "webhooks and aggregated APIs that run in pods, and /proxy of pods and services, work only for pods that this host reaches"
	switch {
	case o.podNetwork == networkDocker:
		return "each agent's Docker connects its pods: " + needs + ", which are those of an agent on this host"
	case o.podNetwork == networkCNI:
		return "the agents' CNI plugins connect pods: " + needs + ": join it to their network"
	case o.podRoutes == string(noderoutes.None):
		return "routers lead to pods (-pod_routes=none): " + needs
	}
	return ""
}

// prefixes parses a list of networks that the control plane has checked.
func prefixes(texts string) []netip.Prefix {
	var all []netip.Prefix
	for _, text := range list(texts) {
		if p, err := netip.ParsePrefix(text); err == nil {
			all = append(all, p.Masked())
		}
	}
	return all
}
