package schedulerplugins

import (
	"fmt"
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Replicas are of one kind, though each has a volume with its own token: as long as
// they share what has a place. Claims that are made for each are not shared.
func TestReplicasAreOfOneKind(t *testing.T) {
	t.Parallel()
	claim := func(name string) v1.VolumeSource {
		return v1.VolumeSource{PersistentVolumeClaim: &v1.PersistentVolumeClaimVolumeSource{ClaimName: name}}
	}
	for name, row := range map[string]struct {
		volume func(i int) v1.VolumeSource
		want   int
	}{
		"no other volume": {func(int) v1.VolumeSource { return v1.VolumeSource{EmptyDir: &v1.EmptyDirVolumeSource{}} }, 1},
		"one claim":       {func(int) v1.VolumeSource { return claim("shared") }, 1},
		"a claim each":    {func(i int) v1.VolumeSource { return claim(fmt.Sprint("data-", i)) }, 5},
		"made for each":   {func(int) v1.VolumeSource { return v1.VolumeSource{Ephemeral: &v1.EphemeralVolumeSource{}} }, 5},
	} {
		kinds := map[string]bool{}
		for i := range 5 {
			p := &v1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: fmt.Sprint("web-", i), Labels: map[string]string{"app": "web"}}}
			p.Spec.Volumes = []v1.Volume{
				{Name: fmt.Sprint("kube-api-access-", i), VolumeSource: v1.VolumeSource{Projected: &v1.ProjectedVolumeSource{}}},
				{Name: "data", VolumeSource: row.volume(i)},
			}
			kinds[kind(p, true)] = true
		}
		if len(kinds) != row.want {
			t.Errorf("%s: five replicas are of %d kinds, want %d", name, len(kinds), row.want)
		}
	}
}
