package e2e

import (
	"os"
	"path/filepath"
	"testing"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Volumes of every kind, as the container sees them.
func TestVolumes(t *testing.T) {
	s := newStage(t)
	s.configure(t)
	host := t.TempDir()
	if err := os.WriteFile(filepath.Join(host, "word"), []byte("of-the-host"), 0o644); err != nil {
		t.Fatal(err)
	}
	disk := v1.VolumeSource{EmptyDir: &v1.EmptyDirVolumeSource{}}
	words := v1.VolumeSource{ConfigMap: &v1.ConfigMapVolumeSource{LocalObjectReference: named("map")}}
	name := &v1.DownwardAPIProjection{Items: []v1.DownwardAPIVolumeFile{{Path: "name", FieldRef: &v1.ObjectFieldSelector{FieldPath: "metadata.name"}}}}
	row := func(name, script string, want []string, changes ...func(*v1.PodSpec)) fate {
		return fate{name: name, pod: s.script(script, changes...), becomes: s.says(want...)}
	}
	s.play(t, []fate{
		// This one comes first: the kubelet looks for a missing map less and less often.
		{name: "waits-for-its-map", becomes: func(pod *v1.Pod) string { return s.events(t, pod, "FailedMount") },
			pod: s.script("cat /v/word", volume("v", v1.VolumeSource{ConfigMap: &v1.ConfigMapVolumeSource{LocalObjectReference: named("late")}})),
			then: func(t *testing.T) {
				if _, err := s.Client.CoreV1().ConfigMaps("default").Create(t.Context(), &v1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "late"}, Data: map[string]string{"word": "at-last"}}, metav1.CreateOptions{}); err != nil {
					t.Fatal(err)
				}
				s.await(t, "waits-for-its-map", s.says("at-last"))
			}},
		row("empty-disk", "ls -A /v | wc -l; until cat /v/word; do sleep 0.1; done; test -w /v && echo writable", []string{"of-the-other", "writable"}, volume("v", disk), func(spec *v1.PodSpec) {
			other := s.container("other", "printf of-the-other >/v/word")
			other.VolumeMounts = spec.Containers[0].VolumeMounts
			spec.Containers = append(spec.Containers, other)
		}),
		row("empty-memory", "grep ' /v ' /proc/mounts; dd if=/dev/zero of=/v/big bs=1M count=10", []string{"tmpfs /v tmpfs", "size=4096k", "No space left"}, func(spec *v1.PodSpec) {
			limit := resource.MustParse("4Mi")
			volume("v", v1.VolumeSource{EmptyDir: &v1.EmptyDirVolumeSource{Medium: v1.StorageMediumMemory, SizeLimit: &limit}})(spec)
		}),
		// The kubelet evicts a pod that exceeds its limit.
		{name: "empty-too-full", becomes: func(pod *v1.Pod) string { return differ(pod.Status.Reason, "Evicted") },
			pod: s.script("dd if=/dev/zero of=/v/big bs=1M count=20; sleep 1000", volume("v", disk), func(spec *v1.PodSpec) {
				spec.Containers[0].Resources.Limits = v1.ResourceList{v1.ResourceEphemeralStorage: resource.MustParse("10Mi")}
			})},
		row("empty-of-a-group", "stat -c '%g %A' /v; touch /v/mine && stat -c '%u:%g' /v/mine", []string{"4567 drwxrwsrwx", "1234:4567"}, volume("v", disk), func(spec *v1.PodSpec) {
			spec.SecurityContext = &v1.PodSecurityContext{FSGroup: new(int64(4567)), RunAsUser: new(int64(1234))}
		}),
		{name: "host-path", becomes: s.says("of-the-host"), pod: s.script("cat /v/word; printf of-the-pod >/v/answer; echo", volume("v", v1.VolumeSource{HostPath: &v1.HostPathVolumeSource{Path: host}})),
			then: func(t *testing.T) {
				s.await(t, "host-path", phase(v1.PodSucceeded))
				if answer, err := os.ReadFile(filepath.Join(host, "answer")); err != nil || string(answer) != "of-the-pod" {
					t.Errorf("the host finds %q, %v", answer, err)
				}
			}},
		row("host-path-read-only", "cat /ro/word; touch /ro/mine", []string{"of-the-host", "Read-only file system"}, volume("v", v1.VolumeSource{HostPath: &v1.HostPathVolumeSource{Path: host}}),
			mount(v1.VolumeMount{Name: "v", MountPath: "/ro", ReadOnly: true})),
		row("config-map", "cat /v/word; ls /v; touch /v/mine", []string{"of-the-map", "other", "Read-only file system"}, volume("v", words)),
		row("secret", "cat /v/a/b; stat -L -c %a /v/a/b; grep ' /v ' /proc/mounts", []string{"of-the-secret", "400", "tmpfs /v tmpfs"}, volume("v", v1.VolumeSource{Secret: &v1.SecretVolumeSource{
			SecretName: "secret", DefaultMode: new(int32(0o400)), Items: []v1.KeyToPath{{Key: "word", Path: "a/b"}}}})),
		row("downward", "cat /v/name", []string{"downward"}, volume("v", v1.VolumeSource{DownwardAPI: &v1.DownwardAPIVolumeSource{Items: name.Items}})),
		row("projected", "cat /v/word /v/s/word /v/name; cut -d. -f1 /v/token | base64 -d; cat /v/ca.crt", []string{"of-the-map", "of-the-secret", "projected", `"alg":"ES256"`, "BEGIN CERTIFICATE"},
			volume("v", v1.VolumeSource{Projected: &v1.ProjectedVolumeSource{Sources: []v1.VolumeProjection{
				{ConfigMap: &v1.ConfigMapProjection{LocalObjectReference: named("map")}},
				{ConfigMap: &v1.ConfigMapProjection{LocalObjectReference: named("kube-root-ca.crt")}},
				{Secret: &v1.SecretProjection{LocalObjectReference: named("secret"), Items: []v1.KeyToPath{{Key: "word", Path: "s/word"}}}},
				{DownwardAPI: name},
				{ServiceAccountToken: &v1.ServiceAccountTokenProjection{Path: "token", ExpirationSeconds: new(int64(3600))}},
			}}})),
		row("sub-path", "cat /one; cat /made/by/sub-path/here; cat /v/sub-path/here", []string{"of-the-map", "made-here\nmade-here\n"}, volume("v", disk), volume("w", words),
			mount(v1.VolumeMount{Name: "w", MountPath: "/one", SubPath: "word"}),
			mount(v1.VolumeMount{Name: "v", MountPath: "/made/by/sub-path", SubPathExpr: "$(NAME)"}),
			environment(v1.EnvVar{Name: "NAME", ValueFrom: &v1.EnvVarSource{FieldRef: &v1.ObjectFieldSelector{FieldPath: "metadata.name"}}}),
			func(spec *v1.PodSpec) {
				spec.Containers[0].Command[2] = "echo made-here >/made/by/sub-path/here; " + spec.Containers[0].Command[2]
			}),
		{name: "changes", becomes: s.says("of-the-map"), pod: s.script("while :; do cat /v/word; echo; sleep 0.2; done", volume("v", words)),
			then: func(t *testing.T) { s.change(t, "changes", "changed") }},
	})
}

// change gives the ConfigMap another word and waits until the pod reports it. The kubelet
// checks volumes whenever it syncs the pod: once a minute, and when the pod changes,
// which is faster.
func (s *stage) change(t *testing.T, pod, word string) {
	t.Helper()
	patch := []byte(`{"data": {"word": "` + word + `"}}`)
	changed, err := s.Client.CoreV1().ConfigMaps("default").Patch(t.Context(), "map", types.MergePatchType, patch, metav1.PatchOptions{})
	if err != nil {
		t.Fatal(err)
	}
	patch = []byte(`{"metadata": {"annotations": {"map": "` + changed.ResourceVersion + `"}}}`)
	if _, err := s.Client.CoreV1().Pods("default").Patch(t.Context(), pod, types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	s.await(t, pod, s.says(word))
}
