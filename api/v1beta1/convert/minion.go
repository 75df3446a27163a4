package convert

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// MinionFromCore converts a node.
func MinionFromCore(in *corev1.Node) *wire.Minion {
	original := readOriginals(in.Annotations)
	m := &wire.Minion{
		Meta:          metaFromCore(&in.ObjectMeta),
		Labels:        in.Labels,
		Resources:     wire.NodeResources{Capacity: resourcesFromCore(in.Status.Capacity)},
		PodCIDR:       in.Spec.PodCIDR,
		Unschedulable: in.Spec.Unschedulable,
		ExternalID:    in.Spec.DoNotUseExternalID,
		Status:        wire.NodeStatus{Phase: string(in.Status.Phase), NodeInfo: nodeInfoFromCore(&in.Status.NodeInfo)},
	}
	if m.ExternalID == "" {
		m.ExternalID = in.Name
	}
	for _, c := range in.Status.Conditions {
		m.Status.Conditions = append(m.Status.Conditions, nodeConditionFromCore(&c))
	}
	for _, a := range in.Status.Addresses {
		shown := wire.NodeAddress{Type: string(a.Type), Address: a.Address}
		if a.Type == corev1.NodeInternalIP && slices.Contains(original.LegacyHostIPs, a.Address) {
			shown.Type = wire.LegacyHostIP
		}
		m.Status.Addresses = append(m.Status.Addresses, shown)
	}
	m.HostIP = hostIP(m.Status.Addresses)
	return m
}

// hostIP returns the first address of type LegacyHostIP, or else the first
// internal one.
func hostIP(addresses []wire.NodeAddress) string {
	for _, t := range []string{wire.LegacyHostIP, string(corev1.NodeInternalIP)} {
		for _, a := range addresses {
			if a.Type == t {
				return a.Address
			}
		}
	}
	return ""
}

// MinionToCore returns stored, changed to what the client sent, including the
// status. An address of type LegacyHostIP becomes core's InternalIP.
func MinionToCore(in *wire.Minion, stored *corev1.Node) *corev1.Node {
	out := orEmpty(stored)
	metaToCore(&in.Meta, &out.ObjectMeta)
	out.Labels = replaceMap(in.Labels, out.Labels)
	out.Spec.PodCIDR = in.PodCIDR
	out.Spec.Unschedulable = in.Unschedulable
	if in.ExternalID != out.Spec.DoNotUseExternalID && (in.ExternalID != in.ID || out.Spec.DoNotUseExternalID != "") {
		out.Spec.DoNotUseExternalID = in.ExternalID
	}
	s := &out.Status
	s.Capacity = resourcesToCore(in.Resources.Capacity, s.Capacity)
	s.Phase = corev1.NodePhase(in.Status.Phase)
	s.Conditions = replaceSlice(in.Status.Conditions, s.Conditions,
		func(w *wire.NodeCondition, c *corev1.NodeCondition) bool { return w.Kind == string(c.Type) }, nodeConditionToCore)
	var original originals
	s.Addresses = addressesToCore(in, s.Addresses, &original)
	nodeInfoToCore(&in.Status.NodeInfo, &s.NodeInfo)
	out.Annotations = original.write(out.Annotations)
	return out
}

func addressesToCore(in *wire.Minion, stored []corev1.NodeAddress, original *originals) []corev1.NodeAddress {
	sent := in.Status.Addresses
	if in.HostIP != "" && hostIP(sent) != in.HostIP {
		sent = append([]wire.NodeAddress{{Type: wire.LegacyHostIP, Address: in.HostIP}}, sent...)
	}
	return replaceSlice(sent, stored,
		func(w *wire.NodeAddress, c *corev1.NodeAddress) bool { return w.Address == c.Address },
		func(w *wire.NodeAddress, _ *corev1.NodeAddress) corev1.NodeAddress {
			a := corev1.NodeAddress{Type: corev1.NodeAddressType(w.Type), Address: w.Address}
			if w.Type == wire.LegacyHostIP {
				a.Type = corev1.NodeInternalIP
				original.LegacyHostIPs = append(original.LegacyHostIPs, w.Address)
			}
			return a
		})
}

func nodeConditionFromCore(c *corev1.NodeCondition) wire.NodeCondition {
	return wire.NodeCondition{
		Kind: string(c.Type), Status: conditionFromCore(c.Status),
		LastProbeTime: seconds(c.LastHeartbeatTime), LastTransitionTime: seconds(c.LastTransitionTime),
		Reason: c.Reason, Message: c.Message,
	}
}

func nodeConditionToCore(in *wire.NodeCondition, stored *corev1.NodeCondition) corev1.NodeCondition {
	out := orNew(stored)
	out.Type, out.Status = corev1.NodeConditionType(in.Kind), conditionToCore(in.Status)
	out.LastHeartbeatTime = replaceTime(in.LastProbeTime, out.LastHeartbeatTime)
	out.LastTransitionTime = replaceTime(in.LastTransitionTime, out.LastTransitionTime)
	out.Reason, out.Message = in.Reason, in.Message
	return out
}

func nodeInfoFromCore(in *corev1.NodeSystemInfo) wire.NodeSystemInfo {
	return wire.NodeSystemInfo{
		MachineID: in.MachineID, SystemUUID: in.SystemUUID, BootID: in.BootID,
		KernelVersion: in.KernelVersion, OSImage: in.OSImage,
		ContainerRuntimeVersion: in.ContainerRuntimeVersion,
		KubeletVersion:          in.KubeletVersion, KubeProxyVersion: in.KubeProxyVersion,
	}
}

func nodeInfoToCore(in *wire.NodeSystemInfo, out *corev1.NodeSystemInfo) {
	out.MachineID, out.SystemUUID, out.BootID = in.MachineID, in.SystemUUID, in.BootID
	out.KernelVersion, out.OSImage = in.KernelVersion, in.OSImage
	out.ContainerRuntimeVersion = in.ContainerRuntimeVersion
	out.KubeletVersion, out.KubeProxyVersion = in.KubeletVersion, in.KubeProxyVersion
}
