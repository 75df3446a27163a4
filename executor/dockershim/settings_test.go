package dockershim

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/realdocker"
)

// A pod's process sees what the pod asks for.
func TestContainerSettings(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	dir := filepath.Join(n.dir, "with:colon")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), []byte("content"), 0o644); err != nil {
		t.Fatal(err)
	}
	made := filepath.Join(n.dir, "made")
	sandbox, id, pod := n.run("sleep 1000", func(c *runtimeapi.ContainerConfig) {
		c.WorkingDir = "/tmp"
		c.Envs = []*runtimeapi.KeyValue{{Key: "A", Value: []byte("x=y z")}, {Key: "EMPTY"}}
		c.Mounts = []*runtimeapi.Mount{
			{HostPath: dir, ContainerPath: "/ro", Readonly: true},
			{HostPath: made, ContainerPath: "/made"},
		}
		c.Devices = []*runtimeapi.Device{{HostPath: "/dev/null", ContainerPath: "/dev/mynull", Permissions: "rw"}}
		c.Linux.Resources = &runtimeapi.LinuxContainerResources{CpuShares: 102, CpuPeriod: 100000, CpuQuota: 50000, MemoryLimitInBytes: 64 << 20, OomScoreAdj: 876}
		s := c.Linux.SecurityContext
		s.RunAsUser = &runtimeapi.Int64Value{Value: 1000}
		s.RunAsGroup = &runtimeapi.Int64Value{Value: 2000}
		s.SupplementalGroups = []int64{3000}
		s.ReadonlyRootfs = true
		s.NoNewPrivs = true
		s.Capabilities = &runtimeapi.Capability{AddCapabilities: []string{"NET_ADMIN"}, DropCapabilities: []string{"ALL"}}
		s.MaskedPaths = []string{"/proc/keys"}
		s.ReadonlyPaths = []string{"/proc/sys"}
	})
	for command, want := range map[string]string{
		"id -u":                          "1000",
		"id -g":                          "2000",
		"id -G":                          "2000 3000",
		`echo "$PWD $A[$EMPTY]"`:         "/tmp x=y z[]",
		"cat /ro/file":                   "content",
		"touch /ro/x 2>&1 || true":       "touch: /ro/x: Read-only file system",
		"touch /tmp/x 2>&1 || true":      "touch: /tmp/x: Read-only file system",
		"echo gone > /dev/mynull":        "",
		"cat /proc/1/oom_score_adj":      "876",
		"cat /proc/keys":                 "",
		"grep NoNewPrivs /proc/1/status": "NoNewPrivs:\t1",
		"grep CapBnd /proc/1/status":     "CapBnd:\t0000000000001000",
		"grep -c . /proc/self/mounts >/dev/null; ls -d /made": "/made",
	} {
		if got := n.exec(id, "sh", "-c", command); got != want {
			t.Errorf("%s: %q, want %q", command, got, want)
		}
	}
	if info, err := os.Stat(made); err != nil || !info.IsDir() {
		t.Errorf("the mount's source was not made: %v", err)
	}
	s := n.containerStatus(id)
	if r := s.Resources.Linux; r.CpuShares != 102 || r.CpuQuota != 50000 || r.MemoryLimitInBytes != 64<<20 || r.OomScoreAdj != 876 {
		t.Errorf("resources %v", r)
	}
	found := map[string]*runtimeapi.Mount{}
	for _, m := range s.Mounts {
		found[m.ContainerPath] = m
	}
	if m := found["/ro"]; m == nil || m.HostPath != dir || !m.Readonly {
		t.Errorf("mounts %v", s.Mounts)
	}

	must[*runtimeapi.UpdateContainerResourcesResponse](n)(n.UpdateContainerResources(t.Context(), &runtimeapi.UpdateContainerResourcesRequest{
		ContainerId: id, Linux: &runtimeapi.LinuxContainerResources{CpuShares: 204, MemoryLimitInBytes: 96 << 20},
	}))
	if r := n.containerStatus(id).Resources.Linux; r.CpuShares != 204 || r.CpuQuota != 50000 || r.MemoryLimitInBytes != 96<<20 {
		t.Errorf("resources after their change: %v", r)
	}

	// The process cannot be made harder to kill than the daemon may: the value is
	// clamped, and that is no error.
	hard := n.create(sandbox, pod, n.container("hard", "sleep 1000", func(c *runtimeapi.ContainerConfig) {
		c.Linux.Resources = &runtimeapi.LinuxContainerResources{OomScoreAdj: -997}
	}))
	n.startContainer(hard)
	if score, err := strconv.Atoi(n.exec(hard, "cat", "/proc/1/oom_score_adj")); err != nil || score < -997 || score > 0 {
		t.Errorf("oom score %d %v", score, err)
	}
}

// Without masks the kernel's files are visible, and a profile from a file is applied.
func TestUnconfined(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	profile := filepath.Join(n.dir, "seccomp.json")
	rules, err := json.Marshal(map[string]any{
		"defaultAction": "SCMP_ACT_ALLOW",
		"syscalls":      []any{map[string]any{"names": []string{"mkdir", "mkdirat"}, "action": "SCMP_ACT_ERRNO"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(profile, rules, 0o644); err != nil {
		t.Fatal(err)
	}
	sandbox, id, pod := n.run("sleep 1000", func(c *runtimeapi.ContainerConfig) {
		c.Linux.SecurityContext.Seccomp = &runtimeapi.SecurityProfile{ProfileType: runtimeapi.SecurityProfile_Localhost, LocalhostRef: profile}
	})
	if got := n.exec(id, "sh", "-c", "grep -c ' /proc/' /proc/mounts || true"); got != "0" {
		t.Errorf("%s mounts hide something in /proc", got)
	}
	if got := n.exec(id, "sh", "-c", "busybox mkdir /tmp/d 2>&1 || true"); !strings.Contains(got, "not permitted") {
		t.Errorf("mkdir: %q", got)
	}
	privileged := n.create(sandbox, pod, n.container("root", "sleep 1000", func(c *runtimeapi.ContainerConfig) {
		c.Linux.SecurityContext.Privileged = true
	}))
	// It is not started: that needs a daemon that has every capability itself.
	if got := realdocker.Docker(t, "inspect", "--format", "{{.HostConfig.Privileged}} {{.HostConfig.MaskedPaths}}", privileged); got != "true []" {
		t.Errorf("privileged: %q", got)
	}
	missing := n.container("web", "true", func(c *runtimeapi.ContainerConfig) {
		c.Metadata.Attempt = 1
		c.Linux.SecurityContext.Seccomp = &runtimeapi.SecurityProfile{ProfileType: runtimeapi.SecurityProfile_Localhost, LocalhostRef: "/no/such/profile"}
	})
	_, err = n.CreateContainer(t.Context(), &runtimeapi.CreateContainerRequest{PodSandboxId: sandbox, SandboxConfig: pod, Config: missing})
	n.wantCode(err, codes.InvalidArgument)
}

// Docker rotates a container's log within its limits, and the kubelet's own
// rotation keeps what was written.
func TestLogs(t *testing.T) {
	t.Parallel()
	n := newNode(t, func(c *Config) { c.LogSize, c.LogFiles = 4096, 2 })
	_, id, _ := n.run("for i in $(seq 200); do echo line $i; done; read x; echo after; sleep 1000", func(c *runtimeapi.ContainerConfig) { c.Stdin = true })
	log := n.containerStatus(id).LogPath
	n.eventually("the last line", func() bool {
		text, err := os.ReadFile(log)
		return err == nil && strings.Contains(string(text), `line 200\n`)
	})
	if info, err := os.Stat(log); err != nil || info.Size() > 8192 {
		t.Errorf("log has %d bytes: %v", info.Size(), err)
	}
	if config := realdocker.Docker(t, "inspect", "--format", "{{json .HostConfig.LogConfig}}", id); !strings.Contains(config, `"max-file":"2"`) || !strings.Contains(config, `"max-size":"4096"`) {
		t.Errorf("log configuration %s", config)
	}

	before, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(log, log+".20260101-000000"); err != nil {
		t.Fatal(err)
	}
	must[*runtimeapi.ReopenContainerLogResponse](n)(n.ReopenContainerLog(t.Context(), &runtimeapi.ReopenContainerLogRequest{ContainerId: id}))
	if after, err := os.ReadFile(log + ".20260101-000000"); err != nil || string(after) != string(before) {
		t.Errorf("the moved log has changed: %v", err)
	}
	c := n.dial(must[*runtimeapi.AttachResponse](n)(n.Attach(t.Context(), &runtimeapi.AttachRequest{ContainerId: id, Stdin: true, Stdout: true})).Url)
	c.send(0, "go\n")
	n.eventually("the new log", func() bool {
		text, err := os.ReadFile(log)
		return err == nil && strings.Contains(string(text), "after") && !strings.Contains(string(text), "line")
	})
}
