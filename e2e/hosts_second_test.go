package e2e

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	netv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// second does with the second IP family what the stage does with the first: pods, services,
// node ports, names and policies. Near hosts have addresses of IPv6, the far one has none.
func (s *hostStage) second(t *testing.T, pods []member, services []*v1.Service) {
	v6 := slices.Clone(pods)
	for i, p := range pods {
		if ips := p.Status.PodIPs; len(ips) != 2 || ips[0].IP != p.ip || !strings.HasPrefix(ips[1].IP, "fd00:10:244:") {
			t.Fatalf("pod %s has the addresses %v", p.Name, ips)
		}
		v6[i].ip = p.Status.PodIPs[1].IP
	}
	addresses := func(service *v1.Service) string { return service.Spec.ClusterIPs[1] }
	s.route(s.agents[near], v6[nearToo], "via "+s.agents[nearToo].Address6.String())
	s.route(s.agents[near], v6[far], "dev kmvx")
	s.meet(v6[near], v6[nearToo], addresses(services[nearToo]))
	s.meet(v6[far], v6[near], addresses(services[near]))
	s.agents[near].Run("ip", "route", "add", "default", "via", s.front.Address6.String()) // which no packet may take
	s.expect("a service that does not exist", "refused", func() string {
		answer := v6[near].Ask("tcp", "[fd00:10:96::fffe]:80", 1)
		return answer[max(0, len(answer)-len("refused")):]
	})
	s.expect("node port of far at near", "fd00:10:244:", func() string {
		return s.front.Ask("tcp", net.JoinHostPort(s.agents[near].Address6.String(), fmt.Sprint(services[far].Spec.Ports[0].NodePort)), 10)
	})
	s.expect("the host of framework_runner asks near", s.front.Address6.String()+" 9000", func() string { return s.front.Ask("udp", v6[near].at(), 9000) })
	s.expect("the host of framework_runner asks far", "100::", func() string { return s.front.Ask("tcp", v6[far].at(), 9000) })
	s.expect("near looks far up", services[far].Spec.ClusterIP+" "+addresses(services[far]), func() string { return s.lookup(pods[near], "far.default.svc.cluster.local.") })
	s.expect("near looks the address of far up", "[far.default.svc.cluster.local.]", func() string {
		names, err := s.resolver(pods[near]).LookupAddr(context.Background(), addresses(services[far]))
		return fmt.Sprint(names, err)
	})
	s.policy6(t, v6)
	s.nodeAddresses(t)
}

// policy6 has a policy let only one pod's IPv6 address in, while neighbour discovery and the
// kubelet's probes go on.
func (s *hostStage) policy6(t *testing.T, v6 []member) {
	policies := s.Client.NetworkingV1().NetworkPolicies("default")
	if _, err := policies.Create(t.Context(), &netv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Name: "far-alone"}, Spec: netv1.NetworkPolicySpec{
		PodSelector: metav1.LabelSelector{MatchLabels: v6[near].Labels},
		Ingress:     []netv1.NetworkPolicyIngressRule{{From: []netv1.NetworkPolicyPeer{{IPBlock: &netv1.IPBlock{CIDR: v6[far].ip + "/128"}}}}}}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	s.expect("near-too asks near, which a policy forbids", "no", func() string { return v6[nearToo].Reaches("tcp", v6[near].at()) })
	s.expect("far asks near, which the policy allows", "yes", func() string { return v6[far].Reaches("tcp", v6[near].at()) })
	s.expect("the host of near asks it", "yes", func() string { return s.agents[near].Reaches("tcp", v6[near].at()) })
	if err := policies.Delete(t.Context(), "far-alone", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	s.expect("near-too asks near again", "yes", func() string { return v6[nearToo].Reaches("tcp", v6[near].at()) })
}

// nodeAddresses checks what Nodes and pods of the host's network show: all that the host has.
func (s *hostStage) nodeAddresses(t *testing.T) {
	pod := s.script("sleep 1000", s.at(near), func(spec *v1.PodSpec) { spec.HostNetwork = true })
	pod.Name = "of-the-host"
	create(t, s.Cluster, pod)
	awaitPhase(t, s.Cluster, pod.Name, v1.PodRunning)
	want := []string{s.agents[near].Address.String(), s.agents[near].Address6.String()}
	var got []string
	for _, ip := range get(t, s.Cluster, pod.Name).Status.PodIPs {
		got = append(got, ip.IP)
	}
	if !slices.Equal(got, want) {
		t.Errorf("a pod in the host's network has the addresses %v, want %v", got, want)
	}
	for i, want := range [][]string{near: want, far: {s.agents[far].Address.String()}} {
		if want == nil {
			continue
		}
		node, err := s.Client.CoreV1().Nodes().Get(t.Context(), s.nodes[i], metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, a := range node.Status.Addresses {
			if a.Type == v1.NodeInternalIP {
				got = append(got, a.Address)
			}
		}
		if !slices.Equal(got, want) || len(node.Spec.PodCIDRs) != 2 {
			t.Errorf("node %s has the addresses %v, want %v, and the ranges %v", node.Name, got, want, node.Spec.PodCIDRs)
		}
	}
	remove(t, s.Cluster, pod.Name)
	s.expect("the log of a pod on a node with two addresses", "200", func() string {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if _, err := s.Client.CoreV1().Pods("default").GetLogs("near", &v1.PodLogOptions{}).DoRaw(ctx); err != nil {
			return err.Error()
		}
		return "200"
	})
}
