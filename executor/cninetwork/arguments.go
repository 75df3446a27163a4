package cninetwork

import (
	"net/netip"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/podnetwork"
)

// arguments returns what plugins are told of the pod, by the names that runtimes of
// Kubernetes use.
func arguments(p podnetwork.Pod) [][2]string {
	namespace, name, _ := strings.Cut(p.Name, "/")
	return [][2]string{
		{"IgnoreUnknown", "1"},
		{"K8S_POD_NAMESPACE", namespace}, {"K8S_POD_NAME", name},
		{"K8S_POD_INFRA_CONTAINER_ID", p.Sandbox}, {"K8S_POD_UID", p.UID},
	}
}

// capabilities returns what plugins may ask for, by the names of CNI's conventions. Plugins
// get what their configuration declares.
func (n *Network) capabilities(p podnetwork.Pod) map[string]any {
	all := map[string]any{}
	if len(p.Ports) > 0 {
		all["portMappings"] = portMappings(p.Ports)
	}
	if limits := bandwidth(p.Annotations); len(limits) > 0 {
		all["bandwidth"] = limits
	}
	if len(p.DNS.Servers) > 0 {
		all["dns"] = map[string]any{"servers": p.DNS.Servers, "searches": p.DNS.Searches, "options": p.DNS.Options}
	}
	if len(p.Annotations) > 0 {
		all["io.kubernetes.cri.pod-annotations"] = p.Annotations
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.ranges) > 0 {
		all["ipRanges"] = ipRanges(n.ranges)
	}
	return all
}

func portMappings(ports []podnetwork.Port) []map[string]any {
	var all []map[string]any
	for _, p := range ports {
		m := map[string]any{"protocol": p.Protocol, "hostPort": p.HostPort, "containerPort": p.PodPort}
		if p.HostIP.IsValid() {
			m["hostIP"] = p.HostIP.String()
		}
		all = append(all, m)
	}
	return all
}

// burst is how many bits may exceed a limit at once: what runtimes of Kubernetes give, as
// its annotations name none.
const burst = 1<<31 - 1

// bandwidth returns the limits that a pod's annotations state, in bits per second. One that
// is no quantity is not for us to judge: the kubelet has reported it.
func bandwidth(annotations map[string]string) map[string]any {
	all := map[string]any{}
	for _, direction := range []string{"ingress", "egress"} {
		q, err := resource.ParseQuantity(annotations["kubernetes.io/"+direction+"-bandwidth"])
		if err != nil || q.Sign() <= 0 {
			continue
		}
		all[direction+"Rate"], all[direction+"Burst"] = q.Value(), burst
	}
	return all
}

func ipRanges(ranges []netip.Prefix) [][]map[string]any {
	var all [][]map[string]any
	for _, r := range ranges {
		all = append(all, []map[string]any{{"subnet": r.String()}})
	}
	return all
}
