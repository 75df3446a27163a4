package kubelet

import (
	"context"
	"sync"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/kubernetes/pkg/kubelet/container"
	"k8s.io/kubernetes/pkg/kubelet/volumemanager"
	volumeutil "k8s.io/kubernetes/pkg/volume/util"
	volumetypes "k8s.io/kubernetes/pkg/volume/util/types"
)

// volumes is the kubelet's volume manager with shorter waits. Nearly every pod has a volume, with
// its service account's token. By itself the kubelet waits for it before it starts the
// sandbox, and looks for it once, before it can be there, and again every 300 ms. Here, the
// sandbox starts meanwhile where the wait cannot fail, and the kubelet looks more often.
//
// No container starts without its volumes: the kubelet makes none with a mount that
// GetMountedVolumesForPod does not return.
type volumes struct {
	volumemanager.VolumeManager

	mu    sync.Mutex
	waits map[volumetypes.UniquePodName]chan struct{} // of pods with sure volumes; closed when over
}

func newVolumes(of volumemanager.VolumeManager) *volumes {
	return &volumes{VolumeManager: of, waits: map[volumetypes.UniquePodName]chan struct{}{}}
}

const (
	// volumesWait is the kubelet's own interval. What takes longer is left to it.
	volumesWait = 300 * time.Millisecond
	// volumesInterval is how often to look: the kubelet offers nothing to wait on.
	volumesInterval = 5 * time.Millisecond
)

// WaitForAttachAndMount waits until a pod's volumes are mounted. The first time, and if they
// are sure to be, it leaves that to GetMountedVolumesForPod.
func (v *volumes) WaitForAttachAndMount(ctx context.Context, pod *v1.Pod) error {
	name := volumeutil.GetUniquePodName(pod)
	v.mu.Lock()
	over, again := v.waits[name]
	sure := !again && sureVolumes(pod)
	if sure {
		over = make(chan struct{})
		v.waits[name] = over
	}
	v.mu.Unlock()
	if sure {
		go func() {
			defer close(over)
			_ = v.awaitMounted(ctx, pod) // the kubelet misses what is not mounted then
		}()
		return nil
	}
	if again {
		<-over
	}
	return v.awaitMounted(ctx, pod)
}

// GetMountedVolumesForPod returns a pod's volumes that are mounted. The kubelet calls it for
// each container that it makes.
func (v *volumes) GetMountedVolumesForPod(name volumetypes.UniquePodName) container.VolumeMap {
	v.mu.Lock()
	over, waiting := v.waits[name]
	v.mu.Unlock()
	if waiting {
		<-over
	}
	return v.VolumeManager.GetMountedVolumesForPod(name)
}

// WaitForUnmount waits until a pod that has ended has no volume mounted.
func (v *volumes) WaitForUnmount(ctx context.Context, pod *v1.Pod) error {
	name := volumeutil.GetUniquePodName(pod)
	v.mu.Lock()
	delete(v.waits, name)
	v.mu.Unlock()
	soon(ctx, func() bool { return !v.HasPossiblyMountedVolumesForPod(name) })
	return v.VolumeManager.WaitForUnmount(ctx, pod)
}

// awaitMounted waits until a pod's volumes are mounted.
func (v *volumes) awaitMounted(ctx context.Context, pod *v1.Pod) error {
	name := volumeutil.GetUniquePodName(pod)
	wanted := used(pod)
	soon(ctx, func() bool {
		mounted := v.VolumeManager.GetMountedVolumesForPod(name)
		for volume := range wanted {
			if _, is := mounted[volume]; !is {
				return false
			}
		}
		return true
	})
	return v.VolumeManager.WaitForAttachAndMount(ctx, pod)
}

// soon waits until done returns true, ctx ends or volumesWait is over.
func soon(ctx context.Context, done func() bool) {
	_ = wait.PollUntilContextTimeout(ctx, volumesInterval, volumesWait, true,
		func(context.Context) (bool, error) { return done(), nil })
}

// used returns the names of the volumes that a pod's containers use.
func used(pod *v1.Pod) map[string]bool {
	mounted, devices, _ := volumeutil.GetPodVolumeNames(pod, false)
	names := map[string]bool{}
	for name := range mounted.Union(devices) {
		names[name] = true
	}
	return names
}

// sureVolumes reports whether nothing that the user has to provide can be missing for a pod's
// volumes. A pod whose secret is missing gets no sandbox, so that its status says what it
// waits for.
func sureVolumes(pod *v1.Pod) bool {
	names := used(pod)
	for _, volume := range pod.Spec.Volumes {
		s := volume.VolumeSource
		if names[volume.Name] && s.EmptyDir == nil && s.DownwardAPI == nil && !sureProjection(s.Projected) {
			return false
		}
	}
	return true
}

// rootCAs is the ConfigMap that the cluster itself has in each namespace.
const rootCAs = "kube-root-ca.crt"

func sureProjection(p *v1.ProjectedVolumeSource) bool {
	if p == nil {
		return false
	}
	for _, s := range p.Sources {
		own := s.ServiceAccountToken != nil || s.DownwardAPI != nil || s.ConfigMap != nil && s.ConfigMap.Name == rootCAs
		if !own {
			return false
		}
	}
	return true
}
