package e2e

import (
	"fmt"
	"os"
	"os/exec"
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
      resources: {requests: {storage: 16Mi}}
`

// The volumes of storage class local outlive pods, executors and framework_runner, and end
// with their claims. Meanwhile, claims of all kinds are served.
func TestLocalVolumes(t *testing.T) {
	dir := t.TempDir()
	s := &stage{image: realdocker.Busybox(t), Cluster: cluster.Start(t, cluster.Config{Master: "local(2)", Args: []string{
		"-local_resources=cpus:4;mem:4096;disk:1000;ports:[31000-31099]", "-volume_dir=" + dir,
	}})}
	s.kubectl(t, strings.ReplaceAll(words, "IMAGE", s.image), "apply", "-f", "-")
	pods := []string{"words-0", "words-1", "words-2"}
	eachSays := func(t *testing.T, times int) {
		t.Helper()
		for _, pod := range pods {
			s.awaitAgain(t, pod, s.says(strings.Repeat("of-"+pod+"\n", times)+"all"))
		}
	}
	eachSays(t, 1)
	remove(t, s.Cluster, pods...)
	eachSays(t, 2)

	t.Run("kinds", s.kindsOfClaims)

	node := get(t, s.Cluster, "words-0").Spec.NodeName
	s.kubectl(t, "", "cordon", node)
	remove(t, s.Cluster, "words-0")
	s.awaitAgain(t, "words-0", pending(`of claim "data-words-0" is on node "`+node+`", which is cordoned`))
	s.kubectl(t, "", "delete", "pvc", "data-words-0") // the volume is given up
	s.awaitAgain(t, "words-0", s.says("of-words-0\nall"))
	if now := get(t, s.Cluster, "words-0").Spec.NodeName; now == node {
		t.Errorf("words-0 is on the cordoned node %s", node)
	}
	s.kubectl(t, "", "uncordon", node)

	s.Kill() // the local Mesos and its agents die with it
	s.Restart()
	remove(t, s.Cluster, pods...)
	for _, pod := range pods {
		s.awaitAgain(t, pod, s.says("of-"+pod+"\nof-"+pod+"\n"))
	}
	s.kubectl(t, "", "delete", "statefulset", "words")
	s.Process().Await(time.Minute, "only the retained directory is left", func() bool { return len(volumesIn(t, dir)) == 1 })
}

// kindsOfClaims plays the fates of pods with claims of each kind.
func (s *stage) kindsOfClaims(t *testing.T) {
	s.makeStatic(t)
	static := func(c *v1.PersistentVolumeClaimSpec) { c.StorageClassName = new("static") }
	for _, c := range []*v1.PersistentVolumeClaim{
		s.claim("shared", "10Mi"),
		s.claim("parts", "10Mi"),
		s.claim("alone", "10Mi", func(c *v1.PersistentVolumeClaimSpec) {
			c.AccessModes = []v1.PersistentVolumeAccessMode{v1.ReadWriteOncePod}
		}),
		s.claim("copy", "16Mi", func(c *v1.PersistentVolumeClaimSpec) {
			c.DataSource = &v1.TypedLocalObjectReference{Kind: "PersistentVolumeClaim", Name: "data-words-1"}
		}),
		s.claim("half-a", "600Mi"),
		s.claim("half-b", "600Mi"),
		s.claim("huge", "2Gi"),
		s.claim("grows", "10Mi"),
		s.claim("static", "10Mi", static),
		s.claim("path", "2Gi", static),
		s.claim("block", "10Mi", static, func(c *v1.PersistentVolumeClaimSpec) { c.VolumeMode = new(v1.PersistentVolumeBlock) }),
		s.claim("kept", "10Mi", func(c *v1.PersistentVolumeClaimSpec) { c.StorageClassName = new("local-retain") }),
	} {
		if _, err := s.Client.CoreV1().PersistentVolumeClaims("default").Create(t.Context(), c, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	on := func(name string) v1.VolumeSource {
		return v1.VolumeSource{PersistentVolumeClaim: &v1.PersistentVolumeClaimVolumeSource{ClaimName: name}}
	}
	row := func(name, claim, script, want string, changes ...func(*v1.PodSpec)) fate {
		return fate{name: name, pod: s.script(script, append([]func(*v1.PodSpec){volume("v", on(claim))}, changes...)...), becomes: s.says(want)}
	}
	huge := row("huge", "huge", "echo never", "")
	huge.becomes = pending("node(s) did not have enough free storage")
	alone := row("alone", "alone", "echo mine; exec sleep 1000", "mine")
	alone.then = func(t *testing.T) {
		second := row("second", "alone", "echo mine-now", "")
		second.pod.Name = second.name
		create(t, s.Cluster, second.pod)
		s.await(t, "second", pending("ReadWriteOncePod"))
		remove(t, s.Cluster, "alone")
		s.await(t, "second", s.says("mine-now"))
		remove(t, s.Cluster, "second")
	}
	grows := row("grows", "grows", "echo small; exec sleep 1000", "small")
	grows.then = func(t *testing.T) {
		s.kubectl(t, `{"spec": {"resources": {"requests": {"storage": "30Mi"}}}}`, "patch", "pvc", "grows", "--patch-file=/dev/stdin")
		s.kubectl(t, "", "wait", "--for=jsonpath={.status.capacity.storage}=30Mi", "--timeout=60s", "pvc/grows")
	}
	kept := row("kept", "kept", "echo kept >/v/x", "")
	kept.then = func(t *testing.T) {
		s.await(t, "kept", phase(v1.PodSucceeded))
		volume := s.kubectl(t, "", "get", "pvc", "kept", "-o", "jsonpath={.spec.volumeName}")
		remove(t, s.Cluster, "kept")
		s.kubectl(t, "", "delete", "pvc", "kept")
		s.kubectl(t, "", "wait", "--for=jsonpath={.status.phase}=Released", "--timeout=60s", "pv/"+volume)
		s.kubectl(t, "", "delete", "pv", volume)
	}
	both := "echo here >>/v/x; until [ $(wc -l </v/x) = 2 ]; do sleep 0.1; done; echo both"
	s.playAmongOthers(t, []fate{
		row("shared-a", "shared", both, "both"),
		row("shared-b", "shared", both, "both"),
		row("parts", "parts", "echo one >/one/x; cat /v/made/x", "one", mount(v1.VolumeMount{Name: "v", MountPath: "/one", SubPath: "made"})),
		row("half-a", "half-a", "echo room", "room"), // they do not fit one agent
		row("half-b", "half-b", "echo room", "room"),
		row("copy", "copy", "cat /v/words", "of-words-1\nof-words-1\n"),
		{name: "ephemeral", becomes: s.says("gone-with-me"), pod: s.script("echo gone-with-me | tee /v/x", volume("v", v1.VolumeSource{
			Ephemeral: &v1.EphemeralVolumeSource{VolumeClaimTemplate: &v1.PersistentVolumeClaimTemplate{Spec: s.claim("", "10Mi").Spec}}}))},
		huge, kept, grows, alone,
		row("static", "static", "cat /v/word", "of-the-host"),
		row("path", "path", "cat /v/word", "of-the-host"),
		row("block", "block", "dd if=/dev/zero of=/dev/disk bs=1M count=100; stat -c %F /dev/disk; exec sleep 1", "block special", func(spec *v1.PodSpec) {
			spec.Containers[0].VolumeMounts = nil
			spec.Containers[0].VolumeDevices = []v1.VolumeDevice{{Name: "v", DevicePath: "/dev/disk"}}
		}),
	})
	s.kubectl(t, "", "delete", "pvc", "shared", "parts", "half-a", "half-b", "copy", "huge", "grows", "alone", "static", "path", "block")
}

// makeStatic makes volumes of one agent for claims of class static: a directory, one by its
// path alone, and a block device.
func (s *stage) makeStatic(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "word"), []byte("of-the-host\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	nodes := strings.Fields(s.kubectl(t, "", "get", "nodes", "-o", "jsonpath={.items[*].metadata.name}"))
	manifest := `
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: static}
provisioner: kubernetes.io/no-provisioner
volumeBindingMode: WaitForFirstConsumer
`
	for _, v := range []struct{ name, size, source string }{
		{"static", "1Gi", "local: {path: " + dir + "}"},
		{"path", "2Gi", "hostPath: {path: " + dir + "}"},
		{"block", "20Mi", "volumeMode: Block, local: {path: " + loopDevice(t) + "}"},
	} {
		manifest += fmt.Sprintf(`---
apiVersion: v1
kind: PersistentVolume
metadata: {name: %s}
spec: {storageClassName: static, capacity: {storage: %s}, accessModes: [ReadWriteOnce], %s,
  nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [%s]}]}]}}}
`, v.name, v.size, v.source, nodes[len(nodes)-1])
	}
	s.kubectl(t, manifest, "apply", "-f", "-")
}

// loopDevice returns a block device of 20 MiB.
func loopDevice(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "disk")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(file, 20<<20); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("losetup", "--find", "--show", file).Output()
	if err != nil {
		t.Fatalf("losetup: %v", err)
	}
	device := strings.TrimSpace(string(out))
	t.Cleanup(func() {
		if out, err := exec.Command("losetup", "--detach", device).CombinedOutput(); err != nil {
			t.Errorf("losetup: %v: %s", err, out)
		}
	})
	return device
}

// claim returns a claim of the default storage class.
func (s *stage) claim(name, size string, changes ...func(*v1.PersistentVolumeClaimSpec)) *v1.PersistentVolumeClaim {
	c := &v1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: name}}
	c.Spec.AccessModes = []v1.PersistentVolumeAccessMode{v1.ReadWriteOnce}
	c.Spec.Resources.Requests = v1.ResourceList{v1.ResourceStorage: resource.MustParse(size)}
	for _, change := range changes {
		change(&c.Spec)
	}
	return c
}

// pending is the fate of waiting for a node, for a reason.
func pending(reason string) func(*v1.Pod) string {
	return func(pod *v1.Pod) string {
		for _, c := range pod.Status.Conditions {
			if c.Type == v1.PodScheduled && c.Status == v1.ConditionFalse && strings.Contains(c.Message, reason) {
				return ""
			}
		}
		return fmt.Sprintf("it is not told %q: %+v", reason, pod.Status.Conditions)
	}
}

// awaitAgain waits until becomes returns "" for the pod, which may be replaced meanwhile.
func (s *stage) awaitAgain(t *testing.T, name string, becomes func(*v1.Pod) string) {
	t.Helper()
	lacks := "it is not there"
	for end := time.Now().Add(fateTime); ; time.Sleep(100 * time.Millisecond) {
		if pod := get(t, s.Cluster, name); pod != nil {
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
