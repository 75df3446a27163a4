package kubelet

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	v1 "k8s.io/api/core/v1"
	upstream "k8s.io/kubernetes/pkg/kubelet"
	"k8s.io/kubernetes/pkg/kubelet/container"
	"k8s.io/kubernetes/pkg/kubelet/volumemanager"
	volumetypes "k8s.io/kubernetes/pkg/volume/util/types"
)

// A kubelet has a volume manager where it is looked for. After an upgrade of Kubernetes that
// moves it, pods start 0.3 s later.
func TestVolumeManagerIsFound(t *testing.T) {
	t.Parallel()
	var u upstream.Kubelet
	place := volumeManager(&u)
	if place == nil {
		t.Fatal("the kubelet has no volume manager of this name and type")
	}
	*place = newVolumes(nil)
	if _, is := (*volumeManager(&u)).(*volumes); !is {
		t.Error("it is not replaced")
	}
}

// slowVolumes mounts and unmounts volume "v" of any pod when it is told to, and looks for it
// as the kubelet's does.
type slowVolumes struct {
	volumemanager.VolumeManager
	mountedAt, unmountedAt time.Time
}

// GetMountedVolumesForPod returns no volume that is to be unmounted.
func (s *slowVolumes) GetMountedVolumesForPod(volumetypes.UniquePodName) container.VolumeMap {
	if time.Now().Before(s.mountedAt) || !s.unmountedAt.IsZero() {
		return nil
	}
	return container.VolumeMap{"v": {}}
}

func (s *slowVolumes) HasPossiblyMountedVolumesForPod(volumetypes.UniquePodName) bool {
	return time.Now().Before(s.unmountedAt)
}

func (s *slowVolumes) WaitForAttachAndMount(ctx context.Context, _ *v1.Pod) error {
	return await(ctx, func() bool { return len(s.GetMountedVolumesForPod("")) > 0 })
}

func (s *slowVolumes) WaitForUnmount(ctx context.Context, _ *v1.Pod) error {
	return await(ctx, func() bool { return !s.HasPossiblyMountedVolumesForPod("") })
}

func await(ctx context.Context, done func() bool) error {
	for !done() {
		select {
		case <-time.After(300 * time.Millisecond):
		case <-ctx.Done():
			return errors.New("unmounted volumes")
		}
	}
	return nil
}

func withVolume(source v1.VolumeSource) *v1.Pod {
	p := pod("p", 30)
	p.Spec.Volumes = []v1.Volume{{Name: "v", VolumeSource: source}}
	p.Spec.Containers = []v1.Container{{VolumeMounts: []v1.VolumeMount{{Name: "v"}}}}
	return p
}

var (
	ofCluster = v1.VolumeSource{Projected: &v1.ProjectedVolumeSource{Sources: []v1.VolumeProjection{
		{ServiceAccountToken: &v1.ServiceAccountTokenProjection{}},
		{ConfigMap: &v1.ConfigMapProjection{LocalObjectReference: v1.LocalObjectReference{Name: "kube-root-ca.crt"}}},
		{DownwardAPI: &v1.DownwardAPIProjection{}},
	}}}
	ofUser = v1.VolumeSource{Secret: &v1.SecretVolumeSource{SecretName: "s"}}
)

// The sandbox of a pod starts before the pod's volumes are mounted if nothing can be missing
// for them. Its containers are made when they are.
func TestVolumesWait(t *testing.T) {
	for _, c := range []struct {
		name    string
		source  v1.VolumeSource
		sandbox time.Duration // from the pod's first sync
	}{
		{"of the cluster", ofCluster, 0},
		{"of the user", ofUser, 110 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				v := newVolumes(&slowVolumes{mountedAt: began.Add(110 * time.Millisecond)})
				p := withVolume(c.source)
				if err := v.WaitForAttachAndMount(t.Context(), p); err != nil || time.Since(began) != c.sandbox {
					t.Errorf("%v: the sandbox starts after %v, want %v", err, time.Since(began), c.sandbox)
				}
				mounted := v.GetMountedVolumesForPod(volumetypes.UniquePodName(p.UID))
				if len(mounted) != 1 || time.Since(began) != 110*time.Millisecond {
					t.Errorf("after %v a container has %v", time.Since(began), mounted)
				}
			})
		})
	}
}

// A volume that is not mounted when the pod ends is missed by the kubelet, which tries again
// and then waits as long as it does by itself.
func TestVolumesThatAreNotMounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVolumes(&slowVolumes{mountedAt: time.Now().Add(time.Hour)})
		p := withVolume(ofCluster)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := v.WaitForAttachAndMount(ctx, p); err != nil {
			t.Errorf("the sandbox does not start: %v", err)
		}
		if mounted := v.GetMountedVolumesForPod(volumetypes.UniquePodName(p.UID)); len(mounted) > 0 {
			t.Errorf("mounted: %v", mounted)
		}
		began := time.Now()
		if err := v.WaitForAttachAndMount(t.Context(), p); err != nil || time.Since(began) < 50*time.Minute {
			t.Errorf("the second time: %v after %v", err, time.Since(began))
		}
	})
}

// A pod's end is noticed as soon as its volumes are unmounted.
func TestVolumesUnmount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		v := newVolumes(&slowVolumes{unmountedAt: began.Add(110 * time.Millisecond)})
		if err := v.WaitForUnmount(t.Context(), withVolume(ofCluster)); err != nil || time.Since(began) != 110*time.Millisecond {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// What is sure to be mounted needs nothing of the user.
func TestSureVolumes(t *testing.T) {
	t.Parallel()
	ofBoth := v1.VolumeSource{Projected: &v1.ProjectedVolumeSource{Sources: []v1.VolumeProjection{
		{ServiceAccountToken: &v1.ServiceAccountTokenProjection{}}, {Secret: &v1.SecretProjection{}},
	}}}
	for name, c := range map[string]struct {
		pod  *v1.Pod
		want bool
	}{
		"no volume":                 {pod("p", 30), true},
		"an empty directory":        {withVolume(v1.VolumeSource{EmptyDir: &v1.EmptyDirVolumeSource{}}), true},
		"a token":                   {withVolume(ofCluster), true},
		"a secret":                  {withVolume(ofUser), false},
		"a token beside a secret":   {withVolume(ofBoth), false},
		"a directory of the host's": {withVolume(v1.VolumeSource{HostPath: &v1.HostPathVolumeSource{}}), false},
		"a claim":                   {withVolume(v1.VolumeSource{PersistentVolumeClaim: &v1.PersistentVolumeClaimVolumeSource{}}), false},
	} {
		if got := sureVolumes(c.pod); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	unused := withVolume(ofUser)
	unused.Spec.Containers[0].VolumeMounts = nil
	if !sureVolumes(unused) {
		t.Error("a secret that no container uses is waited for")
	}
}
