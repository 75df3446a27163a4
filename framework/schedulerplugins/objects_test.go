package schedulerplugins

import (
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// Whoever writes an object as it is makes no difference. A volume makes one for pods with
// volumes, if there are any that have been asked about; the others' rules hold.
func TestObserveTellsWhatMatters(t *testing.T) {
	t.Parallel()
	meta := func(version string) metav1.ObjectMeta {
		return metav1.ObjectMeta{Name: "x", Namespace: "default", ResourceVersion: version, ManagedFields: []metav1.ManagedFieldsEntry{{Manager: version}}}
	}
	claim := func(version, phase string) runtime.Object {
		return &v1.PersistentVolumeClaim{ObjectMeta: meta(version), Status: v1.PersistentVolumeClaimStatus{Phase: v1.PersistentVolumeClaimPhase(phase)}}
	}
	namespace := func(version, team string) runtime.Object {
		n := &v1.Namespace{ObjectMeta: meta(version)}
		n.Labels, n.Annotations = map[string]string{"team": team}, map[string]string{"version": version}
		return n
	}
	type want struct {
		news     bool
		gathered int
	}
	for name, row := range map[string]struct {
		dress  func(*v1.Pod)
		object runtime.Object
		gone   bool
		want   want
	}{
		"a claim as it was":                  {claiming, claim("2", "Pending"), false, want{false, 0}},
		"a claim that changed":               {claiming, claim("2", "Bound"), false, want{true, 1}},
		"a claim that is gone":               {claiming, claim("1", "Pending"), true, want{true, 1}},
		"a claim that never was":             {claiming, &v1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: "y"}}, true, want{false, 0}},
		"a claim, but none has volumes":      {spread, claim("2", "Bound"), false, want{false, 0}},
		"a namespace with the same labels":   {spread, namespace("2", "red"), false, want{false, 0}},
		"a namespace with other labels":      {spread, namespace("2", "blue"), false, want{true, 1}},
		"a namespace, but no rule was asked": {nil, namespace("2", "blue"), false, want{false, 0}},
	} {
		r, err := newRules(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		plugins := &counting{Framework: r.plugins[v1.DefaultSchedulerName]}
		r.plugins[v1.DefaultSchedulerName] = plugins
		r.Node("n", &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n", Labels: map[string]string{v1.LabelHostname: "n"}}})
		r.Observe(claim("1", "Pending"), false)
		r.Observe(namespace("1", "red"), false)
		ask := func() {
			if row.dress != nil {
				r.Rule(specOf(benchPod(0, "new", row.dress))).Refuses("n")
			}
		}
		ask()
		plugins.took()
		news := r.Observe(row.object, row.gone)
		if ask(); (want{news, plugins.gathered}) != row.want {
			t.Errorf("%s: news: %v, gathered %d times; want %+v", name, news, plugins.gathered, row.want)
		}
	}
}

func claiming(p *v1.Pod) {
	p.Spec.Volumes = []v1.Volume{{VolumeSource: v1.VolumeSource{PersistentVolumeClaim: &v1.PersistentVolumeClaimVolumeSource{ClaimName: "x"}}}}
}
