package e2e

import (
	"context"
	"os"
	"testing"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// A container itself reports the environment that its pod's spec describes.
func TestContainersFindWhatTheirSpecSays(t *testing.T) {
	s := newStage(t)
	s.configure(t)
	network, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	const status = "grep -E '^(CapEff|NoNewPrivs|Seccomp):' /proc/self/status"
	row := func(name, script string, want []string, changes ...func(*v1.PodSpec)) fate {
		return fate{name: name, pod: s.script(script, changes...), becomes: s.says(want...)}
	}
	s.play(t, []fate{
		row("user", "id -u; id -g; id -G", []string{"1234\n", "2345\n", "3456"},
			secured(v1.SecurityContext{RunAsUser: new(int64(1234)), RunAsGroup: new(int64(2345)), RunAsNonRoot: new(true)}),
			func(spec *v1.PodSpec) {
				spec.SecurityContext = &v1.PodSecurityContext{SupplementalGroups: []int64{3456}}
			}),
		row("read-only-root", "touch /here || echo refused", []string{"Read-only file system", "refused"}, secured(v1.SecurityContext{ReadOnlyRootFilesystem: new(true)})),
		row("no-capabilities", status, []string{"CapEff:\t0000000000000000"}, secured(v1.SecurityContext{Capabilities: &v1.Capabilities{Drop: []v1.Capability{"ALL"}}})),
		row("one-capability", status, []string{"CapEff:\t0000000000001000"}, secured(v1.SecurityContext{Capabilities: &v1.Capabilities{Drop: []v1.Capability{"ALL"}, Add: []v1.Capability{"NET_ADMIN"}}})),
		row("no-new-privileges", status, []string{"NoNewPrivs:\t1"}, secured(v1.SecurityContext{AllowPrivilegeEscalation: new(false)})),
		row("seccomp", status, []string{"Seccomp:\t2"}, secured(v1.SecurityContext{SeccompProfile: &v1.SeccompProfile{Type: v1.SeccompProfileTypeRuntimeDefault}})),
		row("no-seccomp", status, []string{"Seccomp:\t0"}, secured(v1.SecurityContext{SeccompProfile: &v1.SeccompProfile{Type: v1.SeccompProfileTypeUnconfined}})),
		{name: "must-not-be-root", pod: s.script("id -u", secured(v1.SecurityContext{RunAsNonRoot: new(true)})), becomes: waiting("CreateContainerConfigError")},
		row("limits", "cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/memory/memory.limit_in_bytes || cat /sys/fs/cgroup/cpu.max /sys/fs/cgroup/memory.max",
			[]string{"20000", "67108864"}, func(spec *v1.PodSpec) {
				spec.Containers[0].Resources.Limits = v1.ResourceList{v1.ResourceCPU: resource.MustParse("200m"), v1.ResourceMemory: resource.MustParse("64Mi")}
			}),
		row("processes-shared", "until ps | grep '[s]leep 4321'; do sleep 0.1; done", []string{"sleep 4321"}, func(spec *v1.PodSpec) {
			spec.ShareProcessNamespace = new(true)
			spec.Containers = append(spec.Containers, s.container("other", "exec sleep 4321"))
		}),
		row("processes-apart", "tr '\\0' + </proc/1/cmdline; true", []string{"sh+-c+tr "}),
		row("processes-of-host", "ps | grep framework_runner", []string{"framework_runner"}, func(spec *v1.PodSpec) { spec.HostPID = true }),
		row("network-of-host", "readlink /proc/self/ns/net", []string{network}, onHost),
		row("host-names", "cat /etc/hosts; hostname", []string{"10.9.8.7\tfar.example\taway.example", "chosen\n"}, func(spec *v1.PodSpec) {
			spec.Hostname = "chosen"
			spec.HostAliases = []v1.HostAlias{{IP: "10.9.8.7", Hostnames: []string{"far.example", "away.example"}}}
		}),
		row("dns", "cat /etc/resolv.conf", []string{"nameserver 10.9.8.7\n", "search one.example two.example\n", "options ndots:3\n"}, func(spec *v1.PodSpec) {
			spec.DNSPolicy = v1.DNSNone
			spec.DNSConfig = &v1.PodDNSConfig{Nameservers: []string{"10.9.8.7"}, Searches: []string{"one.example", "two.example"},
				Options: []v1.PodDNSConfigOption{{Name: "ndots", Value: new("3")}}}
		}),
		row("sysctl", "cat /proc/sys/net/ipv4/ip_local_port_range", []string{"20000\t30000"}, func(spec *v1.PodSpec) {
			spec.SecurityContext = &v1.PodSecurityContext{Sysctls: []v1.Sysctl{{Name: "net.ipv4.ip_local_port_range", Value: "20000 30000"}}}
		}),
		row("working-directory", "pwd", []string{"/proc/sys\n"}, func(spec *v1.PodSpec) { spec.Containers[0].WorkingDir = "/proc/sys" }),
		row("environment", "env", []string{"PLAIN=plain of-the-map\n", "MAP=of-the-map\n", "SECRET=of-the-secret\n", "NAME=environment\n", "MEMORY=16777216\n", "ALL_word=of-the-map\n"},
			environment(
				v1.EnvVar{Name: "MAP", ValueFrom: &v1.EnvVarSource{ConfigMapKeyRef: &v1.ConfigMapKeySelector{LocalObjectReference: named("map"), Key: "word"}}},
				v1.EnvVar{Name: "PLAIN", Value: "plain $(MAP)"},
				v1.EnvVar{Name: "SECRET", ValueFrom: &v1.EnvVarSource{SecretKeyRef: &v1.SecretKeySelector{LocalObjectReference: named("secret"), Key: "word"}}},
				v1.EnvVar{Name: "NAME", ValueFrom: &v1.EnvVarSource{FieldRef: &v1.ObjectFieldSelector{FieldPath: "metadata.name"}}},
				v1.EnvVar{Name: "MEMORY", ValueFrom: &v1.EnvVarSource{ResourceFieldRef: &v1.ResourceFieldSelector{Resource: "requests.memory"}}},
			), func(spec *v1.PodSpec) {
				spec.Containers[0].EnvFrom = []v1.EnvFromSource{{Prefix: "ALL_", ConfigMapRef: &v1.ConfigMapEnvSource{LocalObjectReference: named("map")}}}
			}),
		{name: "environment-missing", becomes: waiting("CreateContainerConfigError"), pod: s.script("env", environment(
			v1.EnvVar{Name: "MAP", ValueFrom: &v1.EnvVarSource{ConfigMapKeyRef: &v1.ConfigMapKeySelector{LocalObjectReference: named("nowhere"), Key: "word"}}}))},
	})
}

func named(name string) v1.LocalObjectReference { return v1.LocalObjectReference{Name: name} }

// configure creates a ConfigMap and a Secret for pods to use.
func (s *stage) configure(t *testing.T) {
	t.Helper()
	ctx := context.Background()
	if _, err := s.Client.CoreV1().ConfigMaps("default").Create(ctx, &v1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "map"},
		Data: map[string]string{"word": "of-the-map", "other": "another-of-the-map"}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Client.CoreV1().Secrets("default").Create(ctx, &v1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "secret"},
		StringData: map[string]string{"word": "of-the-secret"}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}
