package controlplane

import (
	"context"
	"fmt"
	"net"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes"
	netutils "k8s.io/utils/net"
)

// dnsService is the name of the Service at which pods ask for names.
const dnsService = "kube-dns"

// DNSAddress returns the tenth address of the first range of services, at which pods ask for
// names by convention; nil if the range is too small.
func DNSAddress(ranges []string) net.IP {
	parsed, err := netutils.ParseCIDRs(ranges)
	if err != nil || len(parsed) == 0 {
		return nil
	}
	ip, err := netutils.GetIndexedIP(parsed[0], 10)
	if err != nil {
		return nil
	}
	return ip
}

// wantedDNSService returns the Service. It has no selector: the framework writes its
// endpoints, one per node, and pods ask that of their own node first.
func wantedDNSService(address string) *corev1.Service {
	first := corev1.ServiceTrafficDistributionPreferSameNode
	return &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: dnsService, Namespace: metav1.NamespaceSystem, Labels: map[string]string{
			"k8s-app": dnsService, "kubernetes.io/name": "CoreDNS", "kubernetes.io/cluster-service": "true"}},
		Spec: corev1.ServiceSpec{
			Type: corev1.ServiceTypeClusterIP, ClusterIP: address, TrafficDistribution: &first,
			Ports: []corev1.ServicePort{
				{Name: "dns", Protocol: corev1.ProtocolUDP, Port: 53, TargetPort: intstr.FromInt32(53)},
				{Name: "dns-tcp", Protocol: corev1.ProtocolTCP, Port: 53, TargetPort: intstr.FromInt32(53)},
			},
		},
	}
}

// dnsServicePeriod is how often the Service is looked after.
const dnsServicePeriod = 5 * time.Second

// keepDNSService creates the Service, and creates it again whenever it was removed, until
// ctx ends.
func (c *ControlPlane) keepDNSService(ctx context.Context, client kubernetes.Interface) {
	pause := pollPeriod // the namespace is made at about the same time
	for failures := 0; ; {
		err := ensureDNSService(ctx, client, c.config.ClusterDNS)
		switch {
		case err == nil:
			failures, pause = 0, dnsServicePeriod
		case ctx.Err() != nil:
			return
		default:
			failures++
			if pause = min(2*pause, dnsServicePeriod); pause == dnsServicePeriod && failures%12 == 0 {
				c.config.Log.Error(err, "names of services do not resolve; it is tried again", "within", pause)
			}
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
	}
}

// ensureDNSService makes the Service if there is none at address. Labels and annotations are
// the users'; ports, endpoints and distribution are not.
func ensureDNSService(ctx context.Context, client kubernetes.Interface, address string) error {
	services, wanted := client.CoreV1().Services(metav1.NamespaceSystem), wantedDNSService(address)
	is, err := services.Get(ctx, dnsService, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		if _, err = services.Create(ctx, wanted, metav1.CreateOptions{}); err != nil {
			return fmt.Errorf("service %s/%s at %s: %w", wanted.Namespace, dnsService, address, err)
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("service %s/%s: %w", wanted.Namespace, dnsService, err)
	}
	if is.Spec.ClusterIP != address {
		return fmt.Errorf("service %s/%s has the address %s, and pods ask at %s: delete it, and it is made again", wanted.Namespace, dnsService, is.Spec.ClusterIP, address)
	}
	if len(is.Spec.Selector) == 0 && equality.Semantic.DeepEqual(is.Spec.Ports, wanted.Spec.Ports) && equality.Semantic.DeepEqual(is.Spec.TrafficDistribution, wanted.Spec.TrafficDistribution) {
		return nil
	}
	is.Spec.Selector, is.Spec.Ports, is.Spec.TrafficDistribution = nil, wanted.Spec.Ports, wanted.Spec.TrafficDistribution
	if _, err = services.Update(ctx, is, metav1.UpdateOptions{}); err != nil {
		return fmt.Errorf("service %s/%s: %w", wanted.Namespace, dnsService, err)
	}
	return nil
}
