package transform

import (
	"testing"

	v1 "k8s.io/api/core/v1"
	netv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"
)

func TestTransforms(t *testing.T) {
	whole := metav1.ObjectMeta{Name: "a", Labels: map[string]string{"l": "1"}, Annotations: map[string]string{"n": "2"}, ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "m"}}}
	few := *whole.DeepCopy()
	few.ManagedFields = nil
	ready := []v1.NodeCondition{{Type: v1.NodeReady, Status: v1.ConditionTrue, Reason: "r"}}
	web := []v1.ContainerPort{{Name: "web", ContainerPort: 80}}
	always := ptr.To(v1.ContainerRestartPolicyAlways)
	for _, row := range []struct {
		name         string
		transform    func(any) (any, error)
		object, want runtime.Object
	}{
		{"a Node's network", Network, &v1.Node{
			ObjectMeta: whole, Spec: v1.NodeSpec{PodCIDR: "10.0.0.0/24", PodCIDRs: []string{"10.0.0.0/24"}, Taints: []v1.Taint{{Key: "t"}}},
			Status: v1.NodeStatus{
				Conditions: ready, Addresses: []v1.NodeAddress{{Type: v1.NodeInternalIP, Address: "192.0.2.1"}}, Images: []v1.ContainerImage{{Names: []string{"i"}}},
				DaemonEndpoints: v1.NodeDaemonEndpoints{KubeletEndpoint: v1.DaemonEndpoint{Port: 10250}}, NodeInfo: v1.NodeSystemInfo{KubeletVersion: "v1", MachineID: "m"},
			},
		}, &v1.Node{
			ObjectMeta: few, Spec: v1.NodeSpec{PodCIDR: "10.0.0.0/24", PodCIDRs: []string{"10.0.0.0/24"}},
			Status: v1.NodeStatus{
				Conditions: ready, Addresses: []v1.NodeAddress{{Type: v1.NodeInternalIP, Address: "192.0.2.1"}},
				DaemonEndpoints: v1.NodeDaemonEndpoints{KubeletEndpoint: v1.DaemonEndpoint{Port: 10250}}, NodeInfo: v1.NodeSystemInfo{KubeletVersion: "v1"},
			},
		}},
		{"a Pod's network", Network, &v1.Pod{
			ObjectMeta: whole,
			Spec: v1.PodSpec{
				NodeName: "n", HostNetwork: true, Volumes: []v1.Volume{{Name: "v"}},
				InitContainers: []v1.Container{{Name: "s", Image: "i", Ports: web, RestartPolicy: always}}, Containers: []v1.Container{{Name: "c", Image: "i", Ports: web}},
			},
			Status: v1.PodStatus{Phase: v1.PodRunning, PodIP: "10.0.0.2", PodIPs: []v1.PodIP{{IP: "10.0.0.2"}}, HostIP: "192.0.2.1"},
		}, &v1.Pod{
			ObjectMeta: few,
			Spec: v1.PodSpec{
				NodeName: "n", HostNetwork: true,
				InitContainers: []v1.Container{{Name: "s", Ports: web, RestartPolicy: always}}, Containers: []v1.Container{{Name: "c", Ports: web}},
			},
			Status: v1.PodStatus{Phase: v1.PodRunning, PodIP: "10.0.0.2", PodIPs: []v1.PodIP{{IP: "10.0.0.2"}}},
		}},
		{"a policy", Network, &netv1.NetworkPolicy{ObjectMeta: whole, Spec: netv1.NetworkPolicySpec{PolicyTypes: []netv1.PolicyType{"Egress"}}},
			&netv1.NetworkPolicy{ObjectMeta: few, Spec: netv1.NetworkPolicySpec{PolicyTypes: []netv1.PolicyType{"Egress"}}}},
		{"a Node, unmanaged", Unmanaged, &v1.Node{ObjectMeta: whole, Spec: v1.NodeSpec{ProviderID: "p"}}, &v1.Node{ObjectMeta: few, Spec: v1.NodeSpec{ProviderID: "p"}}},
	} {
		got, err := row.transform(row.object.DeepCopyObject())
		if err != nil || !equality.Semantic.DeepEqual(got, row.want) {
			t.Errorf("%s: %+v, %v, want %+v", row.name, got, err, row.want)
		}
	}
}
