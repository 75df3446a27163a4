package claims

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/component-helpers/storage/volume"
)

var pod = &v1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "p"}}

func onNode(name string) *v1.PersistentVolume {
	v := &v1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: "pv"}}
	v.Spec.NodeAffinity = &v1.VolumeNodeAffinity{Required: &v1.NodeSelector{NodeSelectorTerms: []v1.NodeSelectorTerm{{
		MatchExpressions: []v1.NodeSelectorRequirement{{Key: v1.LabelHostname, Operator: v1.NodeSelectorOpIn, Values: []string{name}}},
	}}}}
	return v
}

// world is an API server with a claim, and the volume pv on node a.
type world struct {
	*testing.T
	*fake.Clientset
	binder  *Binder
	outcome []error
}

// play binds the claim of the pod on node a while the story goes on.
func play(t *testing.T, plan Plan, story func(w *world)) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		claim := &v1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "data"}}
		w := &world{T: t, Clientset: fake.NewClientset(claim, onNode("a"))}
		w.binder = NewBinder(w.Clientset, logr.Discard())
		ctx, cancel := context.WithCancel(t.Context())
		defer synctest.Wait()
		defer cancel()
		go w.binder.Run(ctx)
		w.binder.Bind(pod, "a", plan, func(err error) { w.outcome = append(w.outcome, err) })
		synctest.Wait()
		story(w)
	})
}

// claim returns the claim as the API server has it.
func (w *world) claim() *v1.PersistentVolumeClaim {
	w.Helper()
	c, err := w.CoreV1().PersistentVolumeClaims("ns").Get(w.Context(), "data", metav1.GetOptions{})
	if err != nil {
		w.Fatal(err)
	}
	return c
}

// change changes the claim, and has the binder see that.
func (w *world) change(change func(*v1.PersistentVolumeClaim)) {
	w.Helper()
	c := w.claim()
	change(c)
	if _, err := w.CoreV1().PersistentVolumeClaims("ns").Update(w.Context(), c, metav1.UpdateOptions{}); err != nil {
		w.Fatal(err)
	}
	w.binder.Changed(c)
	synctest.Wait()
}

// ends checks that the binding has ended once, with an error that says so; "": with none.
func (w *world) ends(with string) {
	w.Helper()
	switch {
	case len(w.outcome) != 1:
		w.Fatalf("it ends %d times: %v", len(w.outcome), w.outcome)
	case with == "" && w.outcome[0] != nil:
		w.Errorf("it ends with %v", w.outcome[0])
	case with != "" && (!Denied(w.outcome[0]) || !strings.Contains(w.outcome[0].Error(), with)):
		w.Errorf("it ends with %v, want a denial that says %q", w.outcome[0], with)
	}
}

func bind(c *v1.PersistentVolumeClaim) {
	c.Spec.VolumeName = "pv"
	metav1.SetMetaDataAnnotation(&c.ObjectMeta, volume.AnnBindCompleted, "yes")
}

var onA = map[string]string{v1.LabelHostname: "a"}

var made = Plan{Claims: []Claim{{Name: "data"}}, Labels: onA}

// The node is written on the claim; the pod goes on when the claim has its volume.
func TestVolumeIsMade(t *testing.T) {
	play(t, made, func(w *world) {
		if got := w.claim().Annotations[volume.AnnSelectedNode]; got != "a" || len(w.outcome) > 0 {
			t.Errorf("the claim names node %q, and the binding has ended with %v", got, w.outcome)
		}
		w.change(func(c *v1.PersistentVolumeClaim) { c.Labels = map[string]string{"x": "y"} })
		w.change(bind)
		w.ends("")
	})
}

// Whoever makes volumes takes the node away: the pod goes elsewhere.
func TestVolumeCannotBeMade(t *testing.T) {
	play(t, made, func(w *world) {
		w.change(func(c *v1.PersistentVolumeClaim) { delete(c.Annotations, volume.AnnSelectedNode) })
		w.ends("could be made on node a")
	})
}

// Somebody else has chosen another node, or bound the claim to a volume of one.
func TestClaimIsElsewhere(t *testing.T) {
	for name, change := range map[string]func(*v1.PersistentVolumeClaim){
		"another node is chosen":                               func(c *v1.PersistentVolumeClaim) { c.Annotations[volume.AnnSelectedNode] = "b" },
		"it is bound to a volume that this node does not have": bind,
	} {
		t.Run(name, func(t *testing.T) {
			plan := made
			if strings.Contains(name, "bound") {
				plan.Labels = map[string]string{v1.LabelHostname: "b"}
			}
			play(t, plan, func(w *world) {
				w.change(change)
				w.ends("node")
			})
		})
	}
}

// Nobody makes the volume: the task does not wait for ever.
func TestPatienceEnds(t *testing.T) {
	play(t, made, func(w *world) {
		time.Sleep(patience + time.Second)
		synctest.Wait()
		w.ends("not bound after")
		w.change(bind)
		w.ends("not bound after")
	})
}

// A volume that there is gets the claim, and nobody is asked to make one.
func TestVolumeIsThere(t *testing.T) {
	v := onNode("a")
	v.Spec.ClaimRef = &v1.ObjectReference{Namespace: "ns", Name: "data"}
	play(t, Plan{Claims: []Claim{{Name: "data", Volume: v}}, Labels: onA}, func(w *world) {
		now, err := w.CoreV1().PersistentVolumes().Get(t.Context(), "pv", metav1.GetOptions{})
		if err != nil || now.Spec.ClaimRef == nil || w.claim().Annotations[volume.AnnSelectedNode] != "" {
			t.Errorf("the volume is %+v, %v, and the claim's annotations %v", now, err, w.claim().Annotations)
		}
		w.change(bind)
		w.ends("")
	})
}

// The volume is gone, or another has got it.
func TestVolumeIsGone(t *testing.T) {
	gone := &v1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: "gone"}}
	play(t, Plan{Claims: []Claim{{Name: "data", Volume: gone}}, Labels: onA}, func(w *world) { w.ends("gone cannot be bound") })
}

// The claim is deleted meanwhile.
func TestClaimIsGone(t *testing.T) {
	play(t, made, func(w *world) {
		c := w.claim()
		if err := w.CoreV1().PersistentVolumeClaims("ns").Delete(t.Context(), "data", metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		w.binder.Changed(c)
		synctest.Wait()
		w.ends("claim data is gone")
	})
}
