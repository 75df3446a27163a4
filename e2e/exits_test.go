package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/realdocker"
	"golang.org/x/sys/unix"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Pods end as wanted even if something resists, and say what is wrong while something
// is missing.
func TestResistingPods(t *testing.T) {
	busybox := realdocker.Busybox(t)
	c := cluster.Start(t, cluster.Config{})

	t.Run("ignores SIGTERM", func(t *testing.T) {
		p := promised(t, "a container ignores SIGTERM", "it is killed after its grace, here of 2 s")
		pod := webPod("deaf", "0.1")
		grace := int64(2)
		pod.Spec.TerminationGracePeriodSeconds = &grace
		pod.Spec.Containers[0].Image = busybox
		pod.Spec.Containers[0].Command = []string{"sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"}
		create(t, c, pod)
		awaitPhase(t, c, "deaf", v1.PodRunning)
		began := time.Now()
		remove(t, c, "deaf")
		awaitGone(t, c, "deaf")
		took := time.Since(began)
		if took < 2*time.Second || took >= 30*time.Second { // Kubernetes' own grace
			t.Errorf("it went after %v; its grace is 2 s", took)
		}
		p.measure("its pod was gone after %.1f s", took.Seconds())
	})

	t.Run("its image is missing", func(t *testing.T) {
		p := promised(t, "a pod's image is missing", "it says so, and runs once the image is there")
		name := "kubernetes-mesos-test/late:" + fmt.Sprint(os.Getpid())
		pod := webPod("late", "0.1")
		pod.Spec.Containers[0].Image = name
		pod.Spec.Containers[0].ImagePullPolicy = v1.PullIfNotPresent
		create(t, c, pod)
		waiting := ""
		c.Process().Await(soon, "the pod to name the missing image", func() bool {
			if s := get(t, c, "late").Status.ContainerStatuses; len(s) == 1 && s[0].State.Waiting != nil {
				waiting = s[0].State.Waiting.Reason + ": " + s[0].State.Waiting.Message
			}
			return strings.Contains(waiting, "Pull") && strings.Contains(waiting, name)
		})
		docker(t, "tag", image, name)
		t.Cleanup(func() { docker(t, "rmi", name) })
		began := time.Now()
		awaitPhase(t, c, "late", v1.PodRunning)
		remove(t, c, "late")
		awaitGone(t, c, "late")
		p.measure("%.60q, then Running after %.1f s", waiting, time.Since(began).Seconds())
	})
	awaitNoContainers(t, c, c.MesosAddr)
}

// If the disk of an executor's root directory is full, a pod that cannot get its volumes
// waits, and runs once there is room.
func TestDiskFull(t *testing.T) {
	root := shortTempDir(t)
	if err := unix.Mount("none", root, "tmpfs", 0, "size=400m"); err != nil {
		realdocker.Absent(t, fmt.Sprintf("a small disk takes root: %v", err))
	}
	t.Cleanup(func() {
		if err := unix.Unmount(root, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	p := promised(t, "the disk of the executors' directory is full", "new pods wait and say why, those that run go on; nothing left over")
	c := cluster.Start(t, cluster.Config{Args: []string{"-root_dir=" + root}})
	create(t, c, webPod("before", "0.1"))
	awaitPhase(t, c, "before", v1.PodRunning)

	filler := filepath.Join(root, "filler")
	if out, err := exec.Command("dd", "if=/dev/zero", "of="+filler, "bs=1M").CombinedOutput(); err == nil {
		t.Fatalf("the disk is not full: %s", out)
	}
	full := webPod("full", "0.1")
	full.Spec.Volumes = []v1.Volume{{Name: "d", VolumeSource: v1.VolumeSource{DownwardAPI: &v1.DownwardAPIVolumeSource{
		Items: []v1.DownwardAPIVolumeFile{{Path: "name", FieldRef: &v1.ObjectFieldSelector{FieldPath: "metadata.name"}}}}}}}
	full.Spec.Containers[0].VolumeMounts = []v1.VolumeMount{{Name: "d", MountPath: "/d"}}
	create(t, c, full)
	fate := ""
	c.Process().Await(soon, "the pod to tell of its trouble", func() bool {
		pod := get(t, c, "full")
		if pod.Status.Phase == v1.PodFailed {
			fate = "Failed: " + pod.Status.Reason
			return true
		}
		events, err := c.Client.CoreV1().Events("default").List(t.Context(), eventsOf("full"))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events.Items {
			if strings.Contains(e.Message, "no space left") {
				fate = "waits: " + e.Reason
			}
		}
		return fate != ""
	})
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	var now v1.PodStatus
	defer func() {
		if t.Failed() {
			t.Logf("the pod that came when the disk was full: %s: %v", fate, now)
		}
	}()
	c.Process().Await(3*time.Minute, "the pod to run, or to say why it never will", func() bool {
		now = get(t, c, "full").Status
		return now.Phase == v1.PodRunning || now.Phase == v1.PodFailed && now.Reason != ""
	})
	fate += fmt.Sprintf(", then %s %s %.0f s after there was room", now.Phase, now.Reason, time.Since(began).Seconds())
	before := get(t, c, "before").Status
	remove(t, c, "before", "full")
	awaitGone(t, c, "before", "full")
	awaitNoContainers(t, c, c.MesosAddr)
	c.Process().Await(soon, "the last mount to go", func() bool { return len(glob(t, root+"/*/pods/*/volumes/*/*")) == 0 })
	p.measure("the new pod %s; the one before it %s %s", fate, before.Phase, before.Reason)
}

// eventsOf selects the events of a pod.
func eventsOf(pod string) metav1.ListOptions {
	return metav1.ListOptions{FieldSelector: "involvedObject.name=" + pod}
}
