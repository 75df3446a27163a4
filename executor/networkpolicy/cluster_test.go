package networkpolicy

import (
	"fmt"
	"net/netip"

	v1 "k8s.io/api/core/v1"
	netv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// The objects of the tests' clusters.

const here = "vm-1"

func namespace(name string, labels map[string]string) *v1.Namespace {
	return &v1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}
}

// newPod returns a running pod called n with the label app=n, a port "http" and the n-th
// addresses.
func newPod(ns, name string, n int) *v1.Pod {
	p := &v1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: name, Labels: map[string]string{"app": name}},
		Spec: v1.PodSpec{NodeName: here, Containers: []v1.Container{{Ports: []v1.ContainerPort{{Name: "http", ContainerPort: 80, Protocol: v1.ProtocolTCP}}}}}}
	p.Status.Phase = v1.PodRunning
	p.Status.PodIPs = []v1.PodIP{{IP: fmt.Sprintf("10.244.1.%d", n)}, {IP: fmt.Sprintf("fd00:10:244:1::%x", n)}}
	return p
}

func policy(ns, name string, spec netv1.NetworkPolicySpec) *netv1.NetworkPolicy {
	return &netv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: name}, Spec: spec}
}

func app(name string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{"app": name}}
}

func labelled(key, value string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{key: value}}
}

var everything = &metav1.LabelSelector{}

func number(protocol v1.Protocol, n int) netv1.NetworkPolicyPort {
	return netv1.NetworkPolicyPort{Protocol: &protocol, Port: new(intstr.FromInt(n))}
}

func called(name string) netv1.NetworkPolicyPort {
	return netv1.NetworkPolicyPort{Port: new(intstr.FromString(name))}
}

func address(p *v1.Pod, family int) netip.Addr {
	return netip.MustParseAddr(p.Status.PodIPs[family].IP)
}
