package e2e

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/realdocker"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// wrapped makes an executor that runs executor_runner through a shell command, in which
// "$@" stands for its arguments. It returns a value for -executor_uri.
func wrapped(t testing.TB, format string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "executor.sh")
	script := fmt.Sprintf("#!/bin/sh\n"+format+"\n", cluster.Binary("executor_runner")+` "$@"`)
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// An agent that isolates file systems starts executors in their own mount namespaces.
// The containers still see what the kubelet mounts there.
func TestExecutorInPrivateMountNamespace(t *testing.T) {
	p := promised(t, "the agent starts its executor in a mount namespace of its own", "volumes are in the containers all the same")
	c := cluster.Start(t, cluster.Config{Args: []string{
		"-executor_uri=" + wrapped(t, "exec unshare --mount --propagation private %s")}})
	ctx := context.Background()
	if _, err := c.Client.CoreV1().Secrets("default").Create(ctx, &v1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "s"},
		StringData: map[string]string{"key": "of the secret"}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Client.CoreV1().ConfigMaps("default").Create(ctx, &v1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "c"},
		Data: map[string]string{"key": "of the map"}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	pod := webPod("mounts", "0.1")
	pod.Spec.Volumes = []v1.Volume{
		{Name: "s", VolumeSource: v1.VolumeSource{Secret: &v1.SecretVolumeSource{SecretName: "s"}}},
		{Name: "c", VolumeSource: v1.VolumeSource{ConfigMap: &v1.ConfigMapVolumeSource{LocalObjectReference: v1.LocalObjectReference{Name: "c"}}}},
		{Name: "m", VolumeSource: v1.VolumeSource{EmptyDir: &v1.EmptyDirVolumeSource{Medium: v1.StorageMediumMemory}}},
	}
	pod.Spec.Containers[0].VolumeMounts = []v1.VolumeMount{{Name: "s", MountPath: "/s"}, {Name: "c", MountPath: "/c"}, {Name: "m", MountPath: "/m"}}
	create(t, c, pod)
	awaitPhase(t, c, "mounts", v1.PodRunning)

	// The container's files, seen through its process.
	now := get(t, c, "mounts")
	inside := "/proc/" + processOf(t, now) + "/root"
	for path, want := range map[string]string{"/s/key": "of the secret", "/c/key": "of the map"} {
		if got, err := os.ReadFile(inside + path); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v; want %q", path, got, err, want)
		}
	}
	mounted, err := os.ReadFile(filepath.Dir(inside) + "/mounts")
	if err != nil || !strings.Contains(string(mounted), "tmpfs /m tmpfs") {
		t.Errorf("/m is no memory (%v):\n%s", err, mounted)
	}
	remove(t, c, "mounts")
	awaitGone(t, c, "mounts")
	c.Process().Await(soon, "the mounts to be gone", func() bool { return len(mounts(t, string(now.UID))) == 0 })
	p.measure("secret, configMap and memory are there")
}

// The containers of an executor that Mesos has put into a control group are in that
// group, too, and nothing of it is left at the end.
func TestPodsAreContained(t *testing.T) {
	if driver := docker(t, "info", "--format", "{{.CgroupDriver}}"); driver[0] != "cgroupfs" {
		realdocker.Absent(t, "Docker's cgroup driver is "+driver[0])
	}
	p := promised(t, "the agent has put its executor into a control group", "pods' containers are in it too, so that Mesos limits them; no group is left over")
	root := fmt.Sprintf("/mesos-e2e-%d", os.Getpid())
	c := cluster.Start(t, cluster.Config{Args: []string{"-executor_uri=" + wrapped(t, fmt.Sprintf(`group=/sys/fs/cgroup/memory leaf=
test -d $group || { group=/sys/fs/cgroup leaf=/leaf; }
group=$group%s/$(basename "$MESOS_DIRECTORY")
mkdir -p $group$leaf && echo $$ >$group$leaf/cgroup.procs && exec %%s`, root))}})
	create(t, c, webPod("contained", "0.1"))
	awaitPhase(t, c, "contained", v1.PodRunning)
	groups, err := os.ReadFile("/proc/" + processOf(t, get(t, c, "contained")) + "/cgroup")
	if err != nil || !strings.Contains(string(groups), ":"+root+"/") {
		t.Errorf("the container is not under %s (%v):\n%s", root, err, groups)
	}
	remove(t, c, "contained")
	awaitGone(t, c, "contained")
	c.Stop()
	var left []string
	for _, top := range glob(t, "/sys/fs/cgroup/*"+root, "/sys/fs/cgroup"+root) {
		err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				left = append(left, path)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	v1 := len(glob(t, "/sys/fs/cgroup/memory")) > 0
	for _, group := range slices.Backward(left) { // removing them is Mesos' job
		if v1 && !strings.HasPrefix(group, "/sys/fs/cgroup/memory/") && !strings.HasSuffix(group, root) {
			t.Errorf("the executor has left %s", group)
		}
		if err := os.Remove(group); err != nil {
			t.Error(err)
		}
	}
	p.measure("they are, and no group is left")
}

func glob(t testing.TB, patterns ...string) []string {
	t.Helper()
	var found []string
	for _, p := range patterns {
		more, err := filepath.Glob(p)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, more...)
	}
	return found
}

// processOf returns the pid of a pod's first container.
func processOf(t testing.TB, pod *v1.Pod) string {
	t.Helper()
	id := strings.TrimPrefix(pod.Status.ContainerStatuses[0].ContainerID, "docker://")
	pids := docker(t, "inspect", "--format", "{{.State.Pid}}", id)
	if len(pids) != 1 {
		t.Fatalf("container %s has processes %q", id, pids)
	}
	return pids[0]
}
