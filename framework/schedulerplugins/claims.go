package schedulerplugins

import (
	"cmp"
	"maps"
	"slices"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"
	"k8s.io/component-helpers/storage/volume"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/claims"
)

// Claims that wait for their first consumer are decided about with the pod: when it is
// placed, each gets a volume that there is, or one is to be made on the pod's node.
// Kubernetes' scheduler assumes so until the API server has it, and so do these rules: in
// the stores the plugins see claims and volumes as they are going to be.

// volumes is what the rules know of claims and volumes.
type volumes struct {
	objects informers.SharedInformerFactory // never started, see Rules.Observe
	nodes   *snapshot
	stir    func() // has pods with volumes looked at anew

	chosen map[types.UID]*chosen // pods on nodes, with claims that are not bound yet
	real   map[string]any        // claims and volumes as they are, of which the plugins see what they will be
	space  map[string]disk       // see on; nil: it is to be measured
}

func newVolumes(objects informers.SharedInformerFactory, nodes *snapshot, stir func()) *volumes {
	return &volumes{objects: objects, nodes: nodes, stir: stir, chosen: map[types.UID]*chosen{}, real: map[string]any{}}
}

// chosen is a pod on a node whose claims are not all bound yet.
type chosen struct {
	pod     *v1.Pod
	node    string
	assumed map[string]bool // keys in volumes.real
}

// choose assumes what is going to become of the claims of a pod that comes to a node.
func (v *volumes) choose(p *v1.Pod, node string) {
	v.unchoose(p.UID)
	if len(claimNames(p)) == 0 {
		return
	}
	c := &chosen{pod: p, node: node, assumed: map[string]bool{}}
	v.chosen[p.UID] = c
	v.assume(c)
}

// assume puts what is going to be into the stores. Of a pod whose claims are all bound it
// lets go.
func (v *volumes) assume(c *chosen) {
	plan := v.plan(c.pod, c.node)
	if len(plan.Claims) == 0 && v.allBound(c.pod) {
		delete(v.chosen, c.pod.UID)
		return
	}
	for _, claim := range plan.Claims {
		if claim.Volume != nil {
			v.pretend(c, claim.Volume)
			continue
		}
		now, err := v.claim(c.pod.Namespace, claim.Name)
		if err != nil {
			continue
		}
		if now.Annotations[volume.AnnSelectedNode] == c.node {
			c.assumed[keyOf(now)] = true // if it is, for another pod
			continue
		}
		now = now.DeepCopy()
		metav1.SetMetaDataAnnotation(&now.ObjectMeta, volume.AnnSelectedNode, c.node)
		v.pretend(c, now)
	}
}

// pretend has the plugins see an object as it is not yet.
func (v *volumes) pretend(c *chosen, object metav1.Object) {
	key, store := keyOf(object), storeOf(v.objects, object)
	if old, known, _ := store.Get(object); known && v.real[key] == nil {
		v.real[key] = old
	}
	_ = store.Update(object) // these stores are maps
	c.assumed[key] = true
	v.changed()
}

// unchoose undoes what was assumed for a pod, unless another depends on it.
func (v *volumes) unchoose(uid types.UID) {
	c := v.chosen[uid]
	if c == nil {
		return
	}
	delete(v.chosen, uid)
	for key := range c.assumed {
		object := v.real[key]
		if object == nil {
			continue
		}
		for _, other := range v.chosen {
			if other.assumed[key] {
				object = nil
			}
		}
		if object != nil {
			delete(v.real, key)
			_ = storeOf(v.objects, object).Update(object)
		}
	}
	v.changed()
}

// confirmed notes that a claim or volume is as it was assumed to be.
func (v *volumes) confirmed(object any) {
	if assumable(object) {
		delete(v.real, keyOf(object))
	}
}

// observed follows from what a claim or volume is now: assumptions about it are made anew.
func (v *volumes) observed(object any) {
	if !assumable(object) {
		return
	}
	key := keyOf(object)
	delete(v.real, key)
	for _, uid := range slices.Sorted(maps.Keys(v.chosen)) {
		if c := v.chosen[uid]; c.assumed[key] || c.claims(object) {
			delete(c.assumed, key)
			v.assume(c)
		}
	}
	v.changed()
}

func (c *chosen) claims(object any) bool {
	claim, is := object.(*v1.PersistentVolumeClaim)
	return is && claim.Namespace == c.pod.Namespace && slices.Contains(claimNames(c.pod), claim.Name)
}

// changed has the space measured again, and pods with volumes looked at anew.
func (v *volumes) changed() {
	v.space = nil
	v.stir()
}

// plan returns what must become of the claims of a pod before it can be bound to a node.
// As in Kubernetes' scheduler, the smallest volume that will do is taken, and the smallest
// claim chooses first.
func (v *volumes) plan(p *v1.Pod, node string) (plan claims.Plan) {
	n := v.nodes.info(node).Node()
	v.nodes.tidy(node)
	if n != nil {
		plan.Labels = n.Labels
	}
	var open []*v1.PersistentVolumeClaim
	for _, name := range claimNames(p) {
		switch c, err := v.claim(p.Namespace, name); {
		case err != nil: // it is gone, which whoever binds the pod finds out
			plan.Claims = append(plan.Claims, claims.Claim{Name: name})
		case c.Spec.VolumeName == "" && v.waits(c):
			open = append(open, c)
		}
	}
	slices.SortStableFunc(open, func(a, b *v1.PersistentVolumeClaim) int {
		return cmp.Or(a.Spec.Resources.Requests.Storage().Cmp(*b.Spec.Resources.Requests.Storage()), cmp.Compare(a.Name, b.Name))
	})
	taken := map[string]*v1.PersistentVolume{}
	for _, c := range open {
		plan.Claims = append(plan.Claims, claims.Claim{Name: c.Name, Volume: v.volumeFor(c, n, taken)})
	}
	return plan
}

// volumeFor returns the volume that a claim is to have on a node, bound to it; nil: one is
// to be made.
func (v *volumes) volumeFor(c *v1.PersistentVolumeClaim, n *v1.Node, taken map[string]*v1.PersistentVolume) *v1.PersistentVolume {
	if n == nil || c.Annotations[volume.AnnSelectedNode] != "" {
		return nil
	}
	class := volume.GetPersistentVolumeClaimClass(c)
	var all []*v1.PersistentVolume
	for _, o := range storeOf(v.objects, &v1.PersistentVolume{}).List() {
		if pv := o.(*v1.PersistentVolume); volume.GetPersistentVolumeClass(pv) == class {
			all = append(all, pv)
		}
	}
	slices.SortFunc(all, func(a, b *v1.PersistentVolume) int { return cmp.Compare(a.Name, b.Name) })
	match, err := volume.FindMatchingVolume(c, all, n, taken, true, true)
	if err != nil || match == nil {
		return nil
	}
	taken[match.Name] = match
	bound, _, err := volume.GetBindVolumeToClaim(match, c)
	if err != nil {
		return nil
	}
	return bound
}

// waits reports whether a claim waits for its first consumer.
func (v *volumes) waits(c *v1.PersistentVolumeClaim) bool {
	waits, err := volume.IsDelayBindingMode(c, v.objects.Storage().V1().StorageClasses().Lister())
	return err == nil && waits
}

func (v *volumes) allBound(p *v1.Pod) bool {
	return !slices.ContainsFunc(claimNames(p), func(name string) bool {
		c, err := v.claim(p.Namespace, name)
		return err != nil || c.Spec.VolumeName == ""
	})
}

func (v *volumes) claim(namespace, name string) (*v1.PersistentVolumeClaim, error) {
	return v.objects.Core().V1().PersistentVolumeClaims().Lister().PersistentVolumeClaims(namespace).Get(name)
}

// claimNames returns the names of the claims of a pod.
func claimNames(p *v1.Pod) (names []string) {
	for _, x := range p.Spec.Volumes {
		switch {
		case x.PersistentVolumeClaim != nil:
			names = append(names, x.PersistentVolumeClaim.ClaimName)
		case x.Ephemeral != nil:
			names = append(names, p.Name+"-"+x.Name)
		}
	}
	return names
}

func assumable(object any) bool {
	switch object.(type) {
	case *v1.PersistentVolume, *v1.PersistentVolumeClaim:
		return true
	}
	return false
}

// keyOf returns what tells a claim or volume from others: volumes have no namespace.
func keyOf(object any) string {
	key, _ := cache.MetaNamespaceKeyFunc(object) // fails for what has no metadata only
	return key
}
