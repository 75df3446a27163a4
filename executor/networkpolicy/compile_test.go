package networkpolicy

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	netv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// packet is the first one of a connection.
type packet struct {
	from, to netip.Addr
	protocol v1.Protocol
	port     uint16
}

// admits interprets compiled rules: whether they let a packet pass on the node.
func admits(all []podRules, p packet) bool {
	for _, r := range all {
		if slices.Contains(r.addresses, p.from) && r.egress != nil && p.from != p.to && !r.egress.admits(p.to, p) {
			return false
		}
		if slices.Contains(r.addresses, p.to) && r.ingress != nil && p.from != p.to && !r.ingress.admits(p.from, p) {
			return false
		}
	}
	return true
}

func (d direction) admits(peer netip.Addr, p packet) bool {
	return slices.ContainsFunc(d.rules, func(r rule) bool {
		if slices.Contains(r.named, namedPort{p.to, p.protocol, p.port}) {
			return true
		}
		at := r.all || slices.Contains(r.peers, peer) || slices.ContainsFunc(r.blocks, func(b block) bool {
			return b.network.Contains(peer) && !slices.ContainsFunc(b.except, func(e netip.Prefix) bool { return e.Contains(peer) })
		})
		return at && (r.everyPort() || slices.ContainsFunc(r.ports, func(x portRange) bool {
			return x.protocol == p.protocol && (x.first == 0 || x.first <= p.port && p.port <= x.last)
		}))
	})
}

// allowed is what the API's documentation says about a packet, object by object.
func allowed(o objects, p packet) bool {
	if p.from == p.to {
		return true
	}
	owner := func(a netip.Addr) *v1.Pod {
		for _, pod := range o.pods {
			if inNetwork(pod) && slices.Contains(addresses(pod), a) {
				return pod
			}
		}
		return nil
	}
	from, to := owner(p.from), owner(p.to)
	return end(o, from, to, p.to, p, netv1.PolicyTypeEgress) && end(o, to, from, p.from, p, netv1.PolicyTypeIngress)
}

func end(o objects, pod, other *v1.Pod, at netip.Addr, p packet, way netv1.PolicyType) bool {
	if pod == nil || pod.Spec.NodeName != here {
		return true
	}
	isolated := false
	for _, policy := range o.policies {
		if policy.Namespace != pod.Namespace || !matches(policy.Spec.PodSelector, pod.Labels) || !slices.Contains(policy.Spec.PolicyTypes, way) {
			continue
		}
		isolated = true
		if way == netv1.PolicyTypeIngress {
			for _, r := range policy.Spec.Ingress {
				if peerIn(o, policy.Namespace, r.From, other, at) && portIn(r.Ports, pod, p) {
					return true
				}
			}
			continue
		}
		for _, r := range policy.Spec.Egress {
			if peerIn(o, policy.Namespace, r.To, other, at) && portIn(r.Ports, other, p) {
				return true
			}
		}
	}
	return !isolated
}

func matches(s metav1.LabelSelector, l map[string]string) bool {
	selector, _ := metav1.LabelSelectorAsSelector(&s)
	return selector.Matches(labels.Set(l))
}

func peerIn(o objects, ns string, peers []netv1.NetworkPolicyPeer, other *v1.Pod, at netip.Addr) bool {
	if len(peers) == 0 {
		return true
	}
	for _, p := range peers {
		switch {
		case p.IPBlock != nil:
			in := netip.MustParsePrefix(p.IPBlock.CIDR).Contains(at)
			for _, e := range p.IPBlock.Except {
				in = in && !netip.MustParsePrefix(e).Contains(at)
			}
			if in {
				return true
			}
		case other == nil:
		case p.NamespaceSelector == nil:
			if other.Namespace == ns && matches(*p.PodSelector, other.Labels) {
				return true
			}
		default:
			for _, n := range o.namespaces {
				if n.Name == other.Namespace && matches(*p.NamespaceSelector, n.Labels) && (p.PodSelector == nil || matches(*p.PodSelector, other.Labels)) {
					return true
				}
			}
		}
	}
	return false
}

func portIn(ports []netv1.NetworkPolicyPort, pod *v1.Pod, p packet) bool {
	if len(ports) == 0 {
		return true
	}
	for _, x := range ports {
		if protocolOf(x) != p.protocol {
			continue
		}
		switch {
		case x.Port == nil:
			return true
		case x.Port.Type == intstr.Int:
			last := x.Port.IntVal
			if x.EndPort != nil {
				last = *x.EndPort
			}
			if x.Port.IntVal <= int32(p.port) && int32(p.port) <= last {
				return true
			}
		case pod != nil:
			for _, c := range pod.Spec.Containers {
				for _, own := range c.Ports {
					if own.Name == x.Port.StrVal && own.Protocol == p.protocol && own.ContainerPort == int32(p.port) {
						return true
					}
				}
			}
		}
	}
	return false
}

// Random policies mean to a node what the API's documentation says.
func TestCompileMeansWhatTheAPISays(t *testing.T) {
	t.Parallel()
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 7))
		o := objects{namespaces: []*v1.Namespace{namespace("n0", map[string]string{"team": "x"}), namespace("n1", map[string]string{"team": "y"}), namespace("n2", nil)}}
		for i := range 8 {
			p := newPod(fmt.Sprint("n", r.IntN(3)), fmt.Sprint("p", i%4), 10+i)
			p.Spec.NodeName = []string{here, here, "vm-2"}[r.IntN(3)]
			p.Spec.HostNetwork = r.IntN(12) == 0
			if r.IntN(12) == 0 {
				p.Status.Phase = v1.PodSucceeded
			}
			if r.IntN(3) == 0 {
				p.Spec.Containers[0].Ports[0].ContainerPort = 81
			}
			o.pods = append(o.pods, p)
		}
		for i := range 1 + r.IntN(4) {
			o.policies = append(o.policies, policy(fmt.Sprint("n", r.IntN(3)), fmt.Sprint("policy-", i), randomSpec(r)))
		}
		rules := compile(here, o)
		outside := netip.MustParseAddr("192.168.7.9")
		for range 200 {
			any := func() netip.Addr {
				if r.IntN(8) == 0 {
					return outside
				}
				return address(o.pods[r.IntN(len(o.pods))], 0)
			}
			p := packet{any(), any(), []v1.Protocol{v1.ProtocolTCP, v1.ProtocolUDP}[r.IntN(2)], uint16(79 + r.IntN(4))}
			if got, want := admits(rules, p), allowed(o, p); got != want {
				t.Fatalf("seed %d: %+v passes: %t, want %t", seed, p, got, want)
			}
		}
	}
}

func randomSpec(r *rand.Rand) netv1.NetworkPolicySpec {
	selector := func() *metav1.LabelSelector {
		if r.IntN(3) == 0 {
			return everything
		}
		return app(fmt.Sprint("p", r.IntN(4)))
	}
	peers := func() []netv1.NetworkPolicyPeer {
		var all []netv1.NetworkPolicyPeer
		for range r.IntN(3) {
			switch r.IntN(4) {
			case 0:
				all = append(all, netv1.NetworkPolicyPeer{IPBlock: &netv1.IPBlock{CIDR: "10.244.1.8/29", Except: []string{"10.244.1.12/31"}}})
			case 1:
				all = append(all, netv1.NetworkPolicyPeer{NamespaceSelector: labelled("team", []string{"x", "y"}[r.IntN(2)])})
			case 2:
				all = append(all, netv1.NetworkPolicyPeer{NamespaceSelector: everything, PodSelector: selector()})
			default:
				all = append(all, netv1.NetworkPolicyPeer{PodSelector: selector()})
			}
		}
		return all
	}
	ports := func() []netv1.NetworkPolicyPort {
		var all []netv1.NetworkPolicyPort
		for range r.IntN(3) {
			switch r.IntN(4) {
			case 0:
				all = append(all, called("http"))
			case 1:
				p := number(v1.ProtocolTCP, 79)
				p.EndPort = new(int32(80 + r.IntN(2)))
				all = append(all, p)
			case 2:
				all = append(all, netv1.NetworkPolicyPort{Protocol: new(v1.ProtocolUDP)})
			default:
				all = append(all, number(v1.ProtocolTCP, 79+r.IntN(4)))
			}
		}
		return all
	}
	s := netv1.NetworkPolicySpec{PodSelector: *selector(), PolicyTypes: [][]netv1.PolicyType{
		{netv1.PolicyTypeIngress}, {netv1.PolicyTypeEgress}, {netv1.PolicyTypeIngress, netv1.PolicyTypeEgress}}[r.IntN(3)]}
	for range r.IntN(3) {
		s.Ingress = append(s.Ingress, netv1.NetworkPolicyIngressRule{From: peers(), Ports: ports()})
		s.Egress = append(s.Egress, netv1.NetworkPolicyEgressRule{To: peers(), Ports: ports()})
	}
	return s
}

// Types that are not given, and what the API server would not store.
func TestCompileOddities(t *testing.T) {
	t.Parallel()
	a := newPod("default", "a", 5)
	o := func(spec netv1.NetworkPolicySpec) objects {
		return objects{pods: []*v1.Pod{a}, namespaces: []*v1.Namespace{namespace("default", nil)}, policies: []*netv1.NetworkPolicy{policy("default", "p", spec)}}
	}
	for name, row := range map[string]struct {
		spec            netv1.NetworkPolicySpec
		ingress, egress string
	}{
		"without types":                      {netv1.NetworkPolicySpec{}, "isolated", "open"},
		"without types, with egress":         {netv1.NetworkPolicySpec{Egress: []netv1.NetworkPolicyEgressRule{{}}}, "isolated", "1 rules"},
		"a port name that no one has":        {netv1.NetworkPolicySpec{Ingress: []netv1.NetworkPolicyIngressRule{{Ports: []netv1.NetworkPolicyPort{called("none")}}}}, "isolated", "open"},
		"a range that ends before it begins": {netv1.NetworkPolicySpec{Ingress: []netv1.NetworkPolicyIngressRule{{Ports: []netv1.NetworkPolicyPort{{Port: new(intstr.FromInt(80)), EndPort: new(int32(79))}}}}}, "isolated", "open"},
		"a selector that is none":            {netv1.NetworkPolicySpec{PodSelector: metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "a", Operator: "Near"}}}}, "open", "open"},
	} {
		rules := compile(here, o(row.spec))
		text := func(d *direction) string {
			switch {
			case d == nil:
				return "open"
			case len(d.rules) == 0:
				return "isolated"
			}
			return fmt.Sprint(len(d.rules), " rules")
		}
		var r podRules
		if len(rules) == 1 {
			r = rules[0]
		}
		if got := text(r.ingress) + ", " + text(r.egress); got != row.ingress+", "+row.egress {
			t.Errorf("%s: %s, want %s, %s", name, got, row.ingress, row.egress)
		}
	}
	if b, ok := blockOf(&netv1.IPBlock{CIDR: "10.0.0.0/8", Except: []string{"x"}}); ok {
		t.Errorf("a block with a bad exception: %+v", b)
	}
	if strings.Contains(fmt.Sprint(flat(compile(here, o(netv1.NetworkPolicySpec{})))), "0x") {
		t.Error("rules are compared by pointers")
	}
}
