package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
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
)

// If the disk of the data directory is full, the API says so, while reads, deletions
// and pods continue; once there is room, everything does.
func TestDataDirDiskFull(t *testing.T) {
	data := t.TempDir()
	if err := unix.Mount("none", data, "tmpfs", 0, "size=600m"); err != nil {
		realdocker.Absent(t, fmt.Sprintf("a small disk takes root: %v", err))
	}
	p := promised(t, "the disk of `-data_dir` is full", "the API refuses writes with 507 and says why; reads, deletions and pods go on; full service when there is room")
	c := cluster.Start(t, cluster.Config{DataDir: data, Args: []string{"-local_work_dir=" + t.TempDir()}})
	t.Cleanup(func() {
		c.Stop()
		if err := unix.Unmount(data, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	create(t, c, webPod("before", "0.1"), webPod("deleted", "0.1"))
	awaitPhase(t, c, "before", v1.PodRunning)
	awaitPhase(t, c, "deleted", v1.PodRunning)
	began := get(t, c, "before").Status.ContainerStatuses[0].State.Running.StartedAt

	filler := filepath.Join(data, "filler")
	if out, err := exec.Command("dd", "if=/dev/zero", "of="+filler, "bs=1M").CombinedOutput(); err == nil {
		t.Fatalf("the disk is not full: %s", out)
	}
	post := func(path string, object any) (int, string) {
		body, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		code, answer := c.Do(http.MethodPost, path, body)
		return code, string(answer)
	}
	config := map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]string{"generateName": "c-"}}
	refused := ""
	c.Process().Await(soon, "the refusal of a write", func() bool {
		code, answer := post("/api/v1/namespaces/default/configmaps", config)
		refused = answer
		return code == http.StatusInsufficientStorage
	})
	for _, want := range []string{`"kind":"Status"`, `"reason":"InsufficientStorage"`, data, "MiB left"} {
		if !strings.Contains(refused, want) {
			t.Errorf("the refusal %s does not say %s", refused, want)
		}
	}
	pod, err := os.ReadFile(filepath.Join(cluster.Root(), "examples", "pod.json"))
	if err != nil {
		t.Fatal(err)
	}
	if code, answer := c.Do(http.MethodPost, "/api/v1beta1/pods", pod); code != http.StatusInsufficientStorage || !strings.Contains(string(answer), "MiB left") {
		t.Errorf("v1beta1 answers %d %s", code, answer)
	}
	remove(t, c, "deleted")
	hold := time.Now().Add(20 * time.Second) // enough for many writes of etcd and kubelets
	c.Process().Await(30*time.Second, "the time with a full disk to pass", func() bool {
		if now := get(t, c, "before"); now == nil || now.Status.Phase != v1.PodRunning {
			t.Fatalf("the pod that ran is %v", now)
		}
		return time.Now().After(hold)
	})

	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	room := time.Now()
	c.Process().Await(soon, "a write to succeed", func() bool {
		code, _ := post("/api/v1/namespaces/default/configmaps", config)
		return code == http.StatusCreated
	})
	again := time.Since(room)
	create(t, c, webPod("after", "0.1"))
	awaitPhase(t, c, "after", v1.PodRunning)
	awaitGone(t, c, "deleted")
	if now := get(t, c, "before"); now == nil || !now.Status.ContainerStatuses[0].State.Running.StartedAt.Equal(&began) {
		t.Errorf("the pod that ran before did not run all the time: %v", now)
	}
	p.measure("507; writes again %.1f s after there was room", again.Seconds())
	remove(t, c, "before", "after")
	awaitGone(t, c, "before", "after")
}
