package convert

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/diff"
	"pgregory.net/rapid"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// changesOnly checks that a client that changes one thing of a stored object changes that
// thing only. change is made by the client, and same by a client of core.
func changesOnly[W, C any, PW interface {
	*W
	wire.Object
}, PC interface {
	*C
	DeepCopy() PC
	metav1.Object
}](t *testing.T, from func(PC) PW, to func(PW, PC) PC, change func(PW), same func(PC)) {
	t.Helper()
	rapid.Check(t, func(rt *rapid.T) {
		stored := PC(new(C))
		coreFiller(rapid.Uint64().Draw(rt, "seed")).Fill(stored)
		stored.SetAnnotations(map[string]string{"a": "b"})
		sent := byJSON(rt, from(stored))
		change(sent)
		got := to(sent, stored)
		want := stored.DeepCopy()
		same(want)
		if !equality.Semantic.DeepEqual(got, want) {
			rt.Fatalf("more, or less, was changed:\n%s", diff.Diff(want, got))
		}
	})
}

func TestOnlyTheChangeCounts(t *testing.T) {
	t.Parallel()
	annotated := func(m *wire.Meta) { m.Annotations = map[string]string{"a": "b", "new": "x"} }
	annotate := func(o metav1.Object) { o.SetAnnotations(map[string]string{"a": "b", "new": "x"}) }
	t.Run("pod", func(t *testing.T) {
		t.Parallel()
		changesOnly(t, PodFromCore, PodToCore, func(p *wire.Pod) { annotated(&p.Meta) }, func(p *corev1.Pod) { annotate(p) })
	})
	t.Run("pod's host", func(t *testing.T) {
		t.Parallel()
		changesOnly(t, PodFromCore, PodToCore, func(p *wire.Pod) { p.DesiredState.Host = "m" }, func(p *corev1.Pod) { p.Spec.NodeName = "m" })
	})
	t.Run("pod's labels", func(t *testing.T) {
		t.Parallel()
		changesOnly(t, PodFromCore, PodToCore, func(p *wire.Pod) { p.Labels = map[string]string{"x": "y"} }, func(p *corev1.Pod) { p.Labels = map[string]string{"x": "y"} })
	})
	t.Run("images", func(t *testing.T) {
		t.Parallel()
		changesOnly(t, PodFromCore, PodToCore, func(p *wire.Pod) {
			for i := range p.DesiredState.Manifest.Containers {
				p.DesiredState.Manifest.Containers[i].Image = "new"
			}
		}, func(p *corev1.Pod) {
			for i := range p.Spec.Containers {
				p.Spec.Containers[i].Image = "new"
			}
		})
	})
	t.Run("phase", func(t *testing.T) {
		t.Parallel()
		changesOnly(t, PodFromCore, PodStatusToCore, func(p *wire.Pod) { p.CurrentState.Status = "Terminated" }, func(p *corev1.Pod) { p.Status.Phase = corev1.PodFailed })
	})
	t.Run("replicas", func(t *testing.T) {
		t.Parallel()
		changesOnly(t, ControllerFromCore, ControllerToCore, func(rc *wire.ReplicationController) { rc.DesiredState.Replicas = 7 }, func(rc *corev1.ReplicationController) {
			seven := int32(7)
			rc.Spec.Replicas = &seven
		})
	})
	t.Run("service's addresses", func(t *testing.T) {
		t.Parallel()
		changesOnly(t, ServiceFromCore, ServiceToCore, func(s *wire.Service) { s.PublicIPs = []string{"1.2.3.4"} }, func(s *corev1.Service) { s.Spec.ExternalIPs = []string{"1.2.3.4"} })
	})
	t.Run("endpoints", func(t *testing.T) {
		t.Parallel()
		changesOnly(t, EndpointsFromCore, EndpointsToCore, func(e *wire.Endpoints) { annotated(&e.Meta) }, func(e *corev1.Endpoints) { annotate(e) })
	})
	t.Run("minion", func(t *testing.T) {
		t.Parallel()
		changesOnly(t, MinionFromCore, MinionToCore, func(m *wire.Minion) { m.PodCIDR = "10.1.0.0/24" }, func(n *corev1.Node) { n.Spec.PodCIDR = "10.1.0.0/24" })
	})
	t.Run("event", func(t *testing.T) {
		t.Parallel()
		changesOnly(t, EventFromCore, EventToCore, func(e *wire.Event) { e.Count = 9 }, func(e *corev1.Event) { e.Count = 9 })
	})
	t.Run("secret", func(t *testing.T) {
		t.Parallel()
		changesOnly(t, SecretFromCore, SecretToCore, func(s *wire.Secret) { s.Data = map[string][]byte{"x": {1}} }, func(s *corev1.Secret) { s.Data = map[string][]byte{"x": {1}} })
	})
}

// keepsSent checks that creating an object does not change what the client has sent.
func keepsSent[W, C any, PW interface {
	*W
	wire.Object
}, PC interface{ *C }](t *testing.T, to func(PW, PC) PC) {
	t.Helper()
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64().Draw(rt, "seed")
		sent := PW(new(W))
		wireFiller(seed).Fill(sent)
		before := text(rt, sent)
		to(sent, nil)
		if after := text(rt, sent); after != before {
			rt.Fatalf("what was sent became:\n%s", diff.Diff(before, after))
		}
	})
}

func TestSentStays(t *testing.T) {
	t.Parallel()
	t.Run("pod", func(t *testing.T) { t.Parallel(); keepsSent(t, PodToCore) })
	t.Run("controller", func(t *testing.T) { t.Parallel(); keepsSent(t, ControllerToCore) })
	t.Run("service", func(t *testing.T) { t.Parallel(); keepsSent(t, ServiceToCore) })
	t.Run("endpoints", func(t *testing.T) { t.Parallel(); keepsSent(t, EndpointsToCore) })
	t.Run("minion", func(t *testing.T) { t.Parallel(); keepsSent(t, MinionToCore) })
	t.Run("event", func(t *testing.T) { t.Parallel(); keepsSent(t, EventToCore) })
	t.Run("secret", func(t *testing.T) { t.Parallel(); keepsSent(t, SecretToCore) })
}
