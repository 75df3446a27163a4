package schedulerplugins

import (
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
)

// storage is a cluster of nodes n0 and n1 with 100 MiB of disk each, and with classes
// local, whose volumes are made, and static, whose are not.
type storage struct {
	*testing.T
	rules *Rules
	nodes map[string]*v1.Node
}

func newStorage(t *testing.T) *storage {
	r, err := newRules(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := &storage{T: t, rules: r, nodes: map[string]*v1.Node{}}
	for _, name := range []string{"n0", "n1"} {
		disk := v1.ResourceList{v1.ResourceEphemeralStorage: resource.MustParse("100Mi"), v1.ResourcePods: resource.MustParse("10")}
		s.nodes[name] = &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{v1.LabelHostname: name}}, Status: v1.NodeStatus{Allocatable: disk}}
		r.Node(name, s.nodes[name])
	}
	for name, provisioner := range map[string]string{"local": taskdata.LocalProvisioner, "static": "kubernetes.io/no-provisioner"} {
		r.Observe(&storagev1.StorageClass{
			ObjectMeta: metav1.ObjectMeta{Name: name}, Provisioner: provisioner, VolumeBindingMode: new(storagev1.VolumeBindingWaitForFirstConsumer),
		}, false)
	}
	return s
}

// claim tells of a claim as it is now; without a name of a node none is chosen.
func (s *storage) claim(name, class, size, node string, changes ...func(*v1.PersistentVolumeClaim)) {
	c := &v1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name, UID: types.UID(name), Annotations: map[string]string{}}}
	c.Spec = v1.PersistentVolumeClaimSpec{
		StorageClassName: &class, AccessModes: []v1.PersistentVolumeAccessMode{v1.ReadWriteOnce},
		Resources: v1.VolumeResourceRequirements{Requests: v1.ResourceList{v1.ResourceStorage: resource.MustParse(size)}},
	}
	if node != "" {
		c.Annotations["volume.kubernetes.io/selected-node"] = node
	}
	for _, change := range changes {
		change(c)
	}
	s.rules.Observe(c, false)
}

// volume tells of a volume on a node.
func (s *storage) volume(name, class, size, node string) {
	v := &v1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: map[string]string{}}}
	if class == "local" {
		v.Annotations["pv.kubernetes.io/provisioned-by"] = taskdata.LocalProvisioner
	}
	v.Spec = v1.PersistentVolumeSpec{
		StorageClassName: class, AccessModes: []v1.PersistentVolumeAccessMode{v1.ReadWriteOnce},
		Capacity:     v1.ResourceList{v1.ResourceStorage: resource.MustParse(size)},
		NodeAffinity: &v1.VolumeNodeAffinity{Required: selector(v1.LabelHostname, node)},
	}
	v.Status.Phase = v1.VolumeAvailable
	if class == "local" {
		v.Spec.ClaimRef = &v1.ObjectReference{Namespace: "ns", Name: "whose-ever", UID: "it-is"}
	}
	s.rules.Observe(v, false)
}

func boundTo(volume string) func(*v1.PersistentVolumeClaim) {
	return func(c *v1.PersistentVolumeClaim) {
		c.Spec.VolumeName = volume
		c.Annotations["pv.kubernetes.io/bind-completed"] = "yes"
	}
}

func podWith(name string, claims ...string) *v1.Pod {
	p := &v1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name, UID: types.UID(name)}}
	for _, c := range claims {
		p.Spec.Volumes = append(p.Spec.Volumes, v1.Volume{Name: c, VolumeSource: v1.VolumeSource{PersistentVolumeClaim: &v1.PersistentVolumeClaimVolumeSource{ClaimName: c}}})
	}
	return p
}

// wants checks what the rules say about a pod on n0 and n1, and that it is the same if
// preemption is tried there: no pod is nominated to a node that has no storage for it.
func (s *storage) wants(when string, p *v1.Pod, n0, n1 string) {
	s.Helper()
	for node, want := range map[string]string{"n0": n0, "n1": n1} {
		rule := s.rules.Rule(specOf(p))
		if got := rule.Refuses(node); got != want {
			s.Errorf("%s: pod %s is refused on %s as %q, want %q", when, p.Name, node, got, want)
		}
		if got := rule.Try(node).Refuses(); got != want {
			s.Errorf("%s: pod %s, which may preempt others, is refused on %s as %q, want %q", when, p.Name, node, got, want)
		}
	}
}

const (
	conflict = "node(s) didn't match PersistentVolume's node affinity"
	full     = "node(s) did not have enough free storage"
)

// A claim that was deleted after its pod was placed is planned for: the pod must not be bound
// without it.
func TestClaimIsGone(t *testing.T) {
	t.Parallel()
	s := newStorage(t)
	if plan := s.rules.Plan(podWith("p", "gone"), "n0"); len(plan.Claims) != 1 || plan.Claims[0].Name != "gone" {
		t.Errorf("%+v", plan)
	}
}

// Pods that share a claim get one agent from the moment that the first is placed, and
// another one if that comes to nothing.
func TestSharedClaim(t *testing.T) {
	t.Parallel()
	s := newStorage(t)
	s.claim("data", "local", "10Mi", "")
	first, second := podWith("first", "data"), podWith("second", "data")
	s.wants("at first", second, "", "")
	s.rules.Settled(specOf(first), "n0")
	s.wants("once the first is placed", second, "", unavailable)
	s.rules.Settled(specOf(second), "n0")
	s.rules.Left(specOf(first), "n0")
	s.wants("as long as the second is placed", podWith("third", "data"), "", unavailable)
	s.rules.Left(specOf(second), "n0")
	s.wants("once neither is", second, "", "")

	s.rules.Settled(specOf(first), "n1")
	s.claim("data", "local", "10Mi", "n1")
	s.wants("once it is written down", second, unavailable, "")
	s.rules.Left(specOf(first), "n1")
	s.wants("as the volume may be in the making", second, unavailable, "")
	s.claim("data", "local", "10Mi", "")
	s.wants("once it cannot be made there", second, "", "")

	s.rules.Settled(specOf(first), "n1")
	s.volume("pvc-data", "local", "10Mi", "n1")
	s.claim("data", "local", "10Mi", "n1", boundTo("pvc-data"))
	s.wants("once it is bound", second, conflict, "")
	if plan := s.rules.Plan(second, "n1"); len(plan.Claims) != 0 {
		t.Errorf("a bound claim is planned for: %+v", plan)
	}
}

// A claim that changes for another reason is still taken to have the node that its pod has.
func TestAssumptionOutlivesChanges(t *testing.T) {
	t.Parallel()
	s := newStorage(t)
	s.claim("data", "local", "10Mi", "")
	s.rules.Rule(specOf(podWith("other", "data"))).Refuses("n0")
	s.rules.Settled(specOf(podWith("first", "data")), "n0")
	s.claim("data", "local", "10Mi", "", func(c *v1.PersistentVolumeClaim) { c.Labels = map[string]string{"a": "b"} })
	s.wants("after a change of labels", podWith("second", "data"), "", unavailable)
}

// A volume that there is goes to the first claim whose pod is placed, the smallest that is
// large enough; the next finds none.
func TestStaticVolumes(t *testing.T) {
	t.Parallel()
	s := newStorage(t)
	s.volume("large", "static", "50Mi", "n1")
	s.volume("small", "static", "20Mi", "n1")
	s.volume("tiny", "static", "1Mi", "n0")
	s.claim("a", "static", "10Mi", "")
	s.claim("b", "static", "30Mi", "")
	s.claim("c", "static", "10Mi", "")
	s.wants("at first", podWith("p", "a"), unavailable, "")
	p, both := podWith("p", "a"), podWith("both", "b", "a")
	if plan := s.rules.Plan(both, "n1"); len(plan.Claims) != 2 || plan.Claims[0].Volume.Name != "small" || plan.Claims[1].Volume.Name != "large" || plan.Claims[1].Volume.Spec.ClaimRef.Name != "b" {
		t.Errorf("%+v", plan)
	}
	s.rules.Settled(specOf(p), "n1")
	s.wants("the large one is left", podWith("q", "c"), unavailable, "")
	s.rules.Settled(specOf(podWith("q", "c")), "n1")
	s.wants("none is left", podWith("r", "b"), unavailable, unavailable)
	s.rules.Left(specOf(podWith("q", "c")), "n1")
	s.wants("the large one is free again", podWith("r", "b"), unavailable, "")
	if plan := s.rules.Plan(p, "n1"); len(plan.Claims) != 1 || plan.Claims[0].Volume.Name != "small" {
		t.Errorf("the plan has changed since the pod was placed: %+v", plan)
	}
}

// Volumes take of the node's disk whether or not a pod uses them, as do those that are
// about to be made; pods' own storage counts, too.
func TestVolumesNeedSpace(t *testing.T) {
	t.Parallel()
	s := newStorage(t)
	s.volume("pvc-old", "local", "60Mi", "n0")
	s.claim("data", "local", "50Mi", "")
	s.wants("60 of 100 MiB of n0 are a volume", podWith("p", "data"), full, "")
	s.rules.Settled(specOf(podWith("p", "data")), "n1")
	if n0, n1 := s.rules.VolumesOn("n0")>>20, s.rules.VolumesOn("n1")>>20; n0 != 60 || n1 != 50 {
		t.Errorf("%d MiB of n0 are volumes, and %d of n1; want 60 and 50", n0, n1)
	}
	s.claim("more", "local", "30Mi", "")
	s.wants("50 of n1 are about to be one", podWith("q", "more"), "", "")
	hungry := podWith("hungry")
	hungry.Spec.Containers = []v1.Container{{Resources: v1.ResourceRequirements{Requests: v1.ResourceList{v1.ResourceEphemeralStorage: resource.MustParse("30Mi")}}}}
	s.rules.Settled(specOf(hungry), "n1")
	s.wants("30 of n1 are a pod's", podWith("q", "more"), "", full)
	without := s.rules.Rule(specOf(podWith("q", "more"))).Try("n1")
	without.Remove(specOf(hungry))
	if got := without.Refuses(); got != "" {
		t.Errorf("without that pod n1 is refused as %q", got)
	}
	s.volume("pvc-data", "local", "50Mi", "n1")
	s.claim("data", "local", "50Mi", "n1", boundTo("pvc-data"))
	if n1 := s.rules.VolumesOn("n1") >> 20; n1 != 50 {
		t.Errorf("%d MiB of n1 are volumes once it is made, want 50", n1)
	}
}

// Sizes that no node has are none that turn negative together.
func TestHugeVolumes(t *testing.T) {
	t.Parallel()
	s := newStorage(t)
	s.claim("a", "local", "5Ei", "")
	s.claim("b", "local", "5Ei", "")
	s.wants("two of 5 EiB", podWith("p", "a", "b"), full, full)
	s.volume("pvc-x", "local", "5Ei", "n0")
	s.volume("pvc-y", "local", "5Ei", "n0")
	s.claim("c", "local", "1Mi", "")
	s.wants("two of 5 EiB are said to be on n0", podWith("q", "c"), full, "")
}

// A copy is made where its source is.
func TestCopiesFollowTheirSource(t *testing.T) {
	t.Parallel()
	s := newStorage(t)
	s.volume("pvc-data", "local", "10Mi", "n1")
	s.claim("data", "local", "10Mi", "n1", boundTo("pvc-data"))
	s.claim("copy", "local", "10Mi", "", func(c *v1.PersistentVolumeClaim) {
		c.Spec.DataSource = &v1.TypedLocalObjectReference{Kind: "PersistentVolumeClaim", Name: "data"}
	})
	s.wants("a copy", podWith("p", "copy"), `node(s) did not have the volume that claim "copy" is to be a copy of`, "")
}

// A pod whose volume is on a node that takes none is told so, with the volume's name, the
// node's, and since when.
func TestVolumeOutOfReach(t *testing.T) {
	t.Parallel()
	s := newStorage(t)
	s.volume("pvc-data", "local", "10Mi", "n1")
	s.claim("data", "local", "10Mi", "n1", boundTo("pvc-data"))
	p := podWith("p", "data")
	const prefix = `volume "pvc-data" of claim "data" is on node "n1", `
	node := func(change func(*v1.Node)) *v1.Node {
		n := s.nodes["n1"].DeepCopy()
		change(n)
		return n
	}
	lost := v1.Taint{Key: v1.TaintNodeUnreachable, Effect: v1.TaintEffectNoExecute, TimeAdded: &metav1.Time{Time: time.Unix(1e9, 0)}}
	for _, row := range []struct {
		node *v1.Node
		want string
	}{
		{s.nodes["n1"], ""},
		{node(func(n *v1.Node) { n.Spec.Taints = []v1.Taint{lost} }), prefix + "whose agent Mesos has lost, since 2001-09-09T01:46:40Z"},
		{node(func(n *v1.Node) { n.Spec.Unschedulable = true }), prefix + "which is cordoned"},
		{nil, prefix + "which does not exist"},
		{s.nodes["n1"], ""},
	} {
		s.rules.Node("n1", row.node)
		if got := s.rules.Rule(specOf(p)).Nowhere(); got != row.want {
			t.Errorf("it runs nowhere as %q, want %q", got, row.want)
		}
	}
}
