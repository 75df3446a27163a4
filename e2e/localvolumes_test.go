package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/realdocker"
)

// words is a StatefulSet each of whose pods writes a line at each start, and prints all.
const words = `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: words}
spec:
  serviceName: words
  replicas: 3
  podManagementPolicy: Parallel
  selector: {matchLabels: {app: words}}
  persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete}
  template:
    metadata: {labels: {app: words}}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
      - name: main
        image: IMAGE
        command: [sh, -c, "echo of-$HOSTNAME >>/data/words; cat /data/words; echo all; exec sleep 1000"]
        volumeMounts: [{name: data, mountPath: /data}]
        resources: {requests: {cpu: 10m, memory: 16Mi}}
  volumeClaimTemplates:
  - metadata: {name: data}
    spec:
      accessModes: [ReadWriteOnce]
      resources: {requests: {storage: 64Mi}}
`

// The volumes of storage class local outlive pods, executors and framework_runner, and end
// with their claims.
func TestLocalVolumes(t *testing.T) {
	dir := t.TempDir()
	s := &stage{image: realdocker.Busybox(t), Cluster: cluster.Start(t, cluster.Config{Master: "local(2)", Args: []string{
		"-local_resources=cpus:4;mem:4096;disk:1000;ports:[31000-31099]", "-volume_dir=" + dir,
	}})}
	s.kubectl(t, strings.ReplaceAll(words, "IMAGE", s.image), "apply", "-f", "-")
	pods := []string{"words-0", "words-1", "words-2"}
	line := func(pod string, n int) []string { return []string{strings.Repeat("of-"+pod+"\n", n) + "all"} }
	eachSays := func(t *testing.T, n int) {
		t.Helper()
		for _, pod := range pods {
			s.awaitAgain(t, pod, s.says(line(pod, n)...))
		}
	}
	eachSays(t, 1)
	if got := len(volumesIn(t, dir)); got != 3 {
		t.Errorf("there are %d directories of volumes, want 3", got)
	}
	remove(t, s.Cluster, pods...)
	eachSays(t, 2)
	_ = fmt.Sprint
	_ = resource.MustParse
	_ = v1.PodRunning
	s.kubectl(t, "", "delete", "statefulset", "words")
	s.Process().Await(time.Minute, "directories of volumes are gone", func() bool { return len(volumesIn(t, dir)) == 0 })
	_ = metav1.ListOptions{}
}

// awaitAgain waits until becomes returns "" for the pod, which may be replaced meanwhile.
func (s *stage) awaitAgain(t *testing.T, name string, becomes func(*v1.Pod) string) {
	t.Helper()
	lacks := "it is not there"
	for end := time.Now().Add(fateTime); ; time.Sleep(100 * time.Millisecond) {
		pod := get(t, s.Cluster, name)
		if pod != nil {
			if lacks = becomes(pod); lacks == "" {
				return
			}
		}
		if time.Now().After(end) {
			t.Fatalf("pod %s: %s\n%s", name, lacks, s.kubectl(t, "", "describe", "pods,pvc,pv,nodes"))
		}
	}
}

// volumesIn returns the directories of volumes on this machine.
func volumesIn(t *testing.T, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

var _ = os.ReadFile
