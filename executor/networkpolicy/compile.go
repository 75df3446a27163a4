package networkpolicy

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	v1 "k8s.io/api/core/v1"
	netv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// objects are what rules are made of.
type objects struct {
	pods       []*v1.Pod
	namespaces []*v1.Namespace
	policies   []*netv1.NetworkPolicy
}

// compile returns the rules for those pods of a node that a policy selects, in the order of
// their names.
func compile(node string, o objects) []podRules {
	c := compiler{labels: map[string]labels.Set{}}
	for _, n := range o.namespaces {
		c.labels[n.Name] = n.Labels
	}
	for _, p := range o.pods {
		if inNetwork(p) {
			c.pods = append(c.pods, p)
		}
	}
	var all []podRules
	for _, p := range c.pods {
		if p.Spec.NodeName != node {
			continue
		}
		r := podRules{name: p.Namespace + "/" + p.Name, addresses: addresses(p)}
		for _, policy := range o.policies {
			if policy.Namespace == p.Namespace && selects(&policy.Spec.PodSelector, p.Labels) {
				c.apply(policy, p, &r)
			}
		}
		if r.ingress != nil || r.egress != nil {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, func(a, b podRules) int { return cmp.Compare(a.name, b.name) })
	return all
}

// inNetwork reports whether a pod has addresses of its own.
func inNetwork(p *v1.Pod) bool {
	return !p.Spec.HostNetwork && p.Status.Phase != v1.PodSucceeded && p.Status.Phase != v1.PodFailed && len(addresses(p)) > 0
}

func addresses(p *v1.Pod) []netip.Addr {
	var all []netip.Addr
	for _, ip := range p.Status.PodIPs {
		if a, err := netip.ParseAddr(ip.IP); err == nil {
			all = append(all, a)
		}
	}
	return all
}

// compiler holds what selectors are applied to.
type compiler struct {
	pods   []*v1.Pod
	labels map[string]labels.Set // of namespaces
}

// apply adds what a policy allows a pod that it selects.
func (c *compiler) apply(policy *netv1.NetworkPolicy, pod *v1.Pod, r *podRules) {
	in, out := policyTypes(policy)
	if in {
		if r.ingress == nil {
			r.ingress = &direction{}
		}
		for _, i := range policy.Spec.Ingress {
			made := c.rule(policy.Namespace, i.From)
			for _, p := range i.Ports {
				made.ports = append(made.ports, portsOf(pod, p)...)
			}
			if len(i.Ports) > 0 && made.ports == nil {
				continue // a name that the pod has no port of
			}
			r.ingress.rules = append(r.ingress.rules, made)
		}
	}
	if out {
		if r.egress == nil {
			r.egress = &direction{}
		}
		for _, e := range policy.Spec.Egress {
			made := c.rule(policy.Namespace, e.To)
			for _, p := range e.Ports {
				c.egressPort(&made, p)
			}
			if len(e.Ports) > 0 && made.everyPort() {
				continue
			}
			r.egress.rules = append(r.egress.rules, made)
		}
	}
}

// policyTypes returns the directions in which a policy isolates. A policy without types isolates
// egress if it has rules for that.
func policyTypes(p *netv1.NetworkPolicy) (ingress, egress bool) {
	if len(p.Spec.PolicyTypes) == 0 {
		return true, len(p.Spec.Egress) > 0
	}
	return slices.Contains(p.Spec.PolicyTypes, netv1.PolicyTypeIngress), slices.Contains(p.Spec.PolicyTypes, netv1.PolicyTypeEgress)
}

// rule returns a rule for peers, without ports. No peers are all.
func (c *compiler) rule(namespace string, peers []netv1.NetworkPolicyPeer) rule {
	r := rule{all: len(peers) == 0}
	seen := map[netip.Addr]bool{}
	for _, p := range peers {
		if p.IPBlock != nil {
			if b, ok := blockOf(p.IPBlock); ok {
				r.blocks = append(r.blocks, b)
			}
			continue
		}
		for _, pod := range c.selected(namespace, p) {
			for _, a := range addresses(pod) {
				if !seen[a] {
					seen[a] = true
					r.peers = append(r.peers, a)
				}
			}
		}
	}
	slices.SortFunc(r.peers, netip.Addr.Compare)
	return r
}

// selected returns the pods that a peer selects, for a policy of a namespace.
func (c *compiler) selected(namespace string, p netv1.NetworkPolicyPeer) []*v1.Pod {
	var found []*v1.Pod
	for _, pod := range c.pods {
		if p.NamespaceSelector == nil && pod.Namespace != namespace {
			continue
		}
		if p.NamespaceSelector != nil && !selects(p.NamespaceSelector, c.labels[pod.Namespace]) {
			continue
		}
		if p.PodSelector == nil || selects(p.PodSelector, pod.Labels) {
			found = append(found, pod)
		}
	}
	return found
}

// selects reports whether a selector matches. An invalid one, which the API server does not
// store, matches nothing.
func selects(s *metav1.LabelSelector, set labels.Set) bool {
	selector, err := metav1.LabelSelectorAsSelector(s)
	return err == nil && selector.Matches(set)
}

// blockOf returns an ipBlock; false if it is not one that the API server would store.
func blockOf(b *netv1.IPBlock) (block, bool) {
	network, err := netip.ParsePrefix(b.CIDR)
	made := block{network: network.Masked()}
	for _, e := range b.Except {
		except, failed := netip.ParsePrefix(e)
		if failed != nil {
			err = fmt.Errorf("except %s: %w", e, failed)
		}
		made.except = append(made.except, except.Masked())
	}
	return made, err == nil
}
