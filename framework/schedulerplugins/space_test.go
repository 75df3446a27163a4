package schedulerplugins

import (
	"testing"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
)

// Volumes of all classes of ours share a node's disk; of those that Mesos keeps it knows, so
// what it offers is not taken to be less for them.
func TestDiskOfVolumes(t *testing.T) {
	t.Parallel()
	r, err := newRules(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	size := func(name v1.ResourceName, s string) v1.ResourceList {
		return v1.ResourceList{name: resource.MustParse(s), v1.ResourcePods: resource.MustParse("10")}
	}
	r.Node("n0", &v1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: "n0", Labels: map[string]string{v1.LabelHostname: "n0"}},
		Status:     v1.NodeStatus{Allocatable: size(v1.ResourceEphemeralStorage, "100Mi")},
	})
	claim := func(class, storage, node string) *v1.Pod {
		name := class + "-" + storage + node
		c := &v1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name, UID: types.UID(name)}}
		c.Spec.StorageClassName, c.Spec.AccessModes = &class, []v1.PersistentVolumeAccessMode{v1.ReadWriteOnce}
		c.Spec.Resources.Requests = size(v1.ResourceStorage, storage)
		if node != "" {
			c.Annotations = map[string]string{"volume.kubernetes.io/selected-node": node}
		}
		r.Observe(c, false)
		p := &v1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name, UID: types.UID(name)}}
		p.Spec.Volumes = []v1.Volume{{Name: "v", VolumeSource: v1.VolumeSource{
			PersistentVolumeClaim: &v1.PersistentVolumeClaimVolumeSource{ClaimName: name}}}}
		return p
	}
	for class, provisioner := range map[string]string{"local": taskdata.LocalProvisioner, "mesos": taskdata.MesosProvisioner} {
		r.Observe(&storagev1.StorageClass{
			ObjectMeta: metav1.ObjectMeta{Name: class}, Provisioner: provisioner, VolumeBindingMode: new(storagev1.VolumeBindingWaitForFirstConsumer),
		}, false)
	}
	r.Observe(&v1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: "pvc-1", Annotations: map[string]string{"pv.kubernetes.io/provisioned-by": taskdata.MesosProvisioner}},
		Spec: v1.PersistentVolumeSpec{
			StorageClassName: "mesos", Capacity: size(v1.ResourceStorage, "40Mi"), ClaimRef: &v1.ObjectReference{Namespace: "ns", Name: "other", UID: "other"},
			NodeAffinity: &v1.VolumeNodeAffinity{Required: &v1.NodeSelector{NodeSelectorTerms: []v1.NodeSelectorTerm{{
				MatchExpressions: []v1.NodeSelectorRequirement{{Key: v1.LabelHostname, Operator: v1.NodeSelectorOpIn, Values: []string{"n0"}}}}}}},
		},
	}, false)
	claim("mesos", "10Mi", "n0")
	claim("local", "20Mi", "n0")
	if got := r.VolumesOn("n0"); got != 20<<20 {
		t.Errorf("%d bytes are taken from what Mesos offers, want those of class local alone", got)
	}
	for _, class := range []string{"local", "mesos"} {
		if got := r.Rule(specOf(claim(class, "31Mi", ""))).Refuses("n0"); got != "node(s) did not have enough free storage" {
			t.Errorf("a volume of class %s that does not fit is refused as %q", class, got)
		}
		if got := r.Rule(specOf(claim(class, "30Mi", ""))).Refuses("n0"); got != "" {
			t.Errorf("a volume of class %s that fits is refused as %q", class, got)
		}
	}
}
