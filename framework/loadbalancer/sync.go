package loadbalancer

import (
	"context"
	"errors"
	"fmt"
	"slices"

	v1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/cache"
)

// sync makes every service's status what it should be.
func (c *Controller) sync(ctx context.Context) error {
	var failures []error
	known := map[types.UID]string{}
	verdicts, err := c.verdicts(ctx)
	if err != nil {
		return err
	}
	for _, v := range verdicts {
		known[v.service.UID] = v.message
		if v.message != "" && c.told[v.service.UID] != v.message {
			c.cfg.Events.Event(v.service, v1.EventTypeWarning, v.reason, v.message)
		}
		if err := c.write(ctx, v); err != nil {
			failures = append(failures, err)
		}
	}
	c.told = known
	return errors.Join(failures...)
}

func (c *Controller) verdicts(ctx context.Context) ([]verdict, error) {
	services := typed[*v1.Service](c.services)
	if c.cfg.Nodes == nil {
		return c.withoutNodes(services), nil
	}
	agents, err := c.cfg.Agents(ctx)
	if err != nil {
		return nil, fmt.Errorf("the addresses of Mesos' agents: %w", err)
	}
	all := typed[*v1.Node](c.nodes)
	nodes := chosen(all, c.cfg.Nodes, newTrust(agents, c.cfg.Ranges, all))
	return decide(services, nodes, c.cfg.Reserved, c.serving(services)), nil
}

// withoutNodes returns the verdicts where no node is chosen.
func (c *Controller) withoutNodes(services []*v1.Service) (all []verdict) {
	own := map[string]bool{}
	for _, n := range typed[*v1.Node](c.nodes) {
		for _, a := range reported(n) {
			own[a.String()] = true
		}
	}
	for _, s := range services {
		if !ours(s) || !ofNodes(s.Status.LoadBalancer.Ingress, own) { // another program balances load
			continue
		}
		v := verdict{service: s}
		if s.Spec.Type == v1.ServiceTypeLoadBalancer {
			v.reason, v.message = ReasonOff, c.cfg.Off
		}
		all = append(all, v)
	}
	return all
}

// ofNodes reports whether a service has the addresses of nodes alone, as this package writes
// them.
func ofNodes(ingress []v1.LoadBalancerIngress, own map[string]bool) bool {
	return !slices.ContainsFunc(ingress, func(i v1.LoadBalancerIngress) bool { return !own[i.IP] })
}

// serving returns the nodes with endpoints of the services that want them. An endpoint that
// ends but serves counts: a node's proxy uses it while there is no better one.
func (c *Controller) serving(services []*v1.Service) endpoints {
	all := endpoints{}
	for _, s := range services {
		if ours(s) && s.Spec.ExternalTrafficPolicy == v1.ServiceExternalTrafficPolicyLocal {
			all[name(s)] = map[string]bool{}
		}
	}
	if len(all) == 0 {
		return nil
	}
	for _, slice := range typed[*discoveryv1.EndpointSlice](c.slices) {
		nodes := all[slice.Namespace+"/"+slice.Labels[discoveryv1.LabelServiceName]]
		for _, e := range slice.Endpoints {
			if nodes != nil && e.NodeName != nil && serves(e.Conditions) {
				nodes[*e.NodeName] = true
			}
		}
	}
	return all
}

func serves(c discoveryv1.EndpointConditions) bool {
	if c.Serving != nil {
		return *c.Serving
	}
	return c.Ready == nil || *c.Ready
}

// write writes a status that differs. A service that is gone needs none.
func (c *Controller) write(ctx context.Context, v verdict) error {
	if equality.Semantic.DeepEqual(v.service.Status.LoadBalancer.Ingress, v.ingress) {
		return nil
	}
	s := v.service.DeepCopy()
	s.Status.LoadBalancer.Ingress = v.ingress
	_, err := c.cfg.Client.CoreV1().Services(s.Namespace).UpdateStatus(ctx, s, metav1.UpdateOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err == nil {
		c.cfg.Log.Info("a service's addresses have changed", "service", name(s), "addresses", ips(v.ingress))
	}
	return err
}

func ips(ingress []v1.LoadBalancerIngress) []string {
	all := make([]string, len(ingress))
	for i, one := range ingress {
		all[i] = one.IP
	}
	return all
}

// typed returns the objects of an informer.
func typed[T any](informer cache.SharedIndexInformer) []T {
	var all []T
	for _, o := range informer.GetStore().List() {
		all = append(all, o.(T))
	}
	return all
}
