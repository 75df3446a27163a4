package kubelet

import (
	"os"
	"path/filepath"
	"testing"

	infov2 "github.com/google/cadvisor/info/v2"
	"k8s.io/kubernetes/pkg/kubelet/cadvisor"
)

// The machine is as large as the agent, whatever the host has.
func TestMachine(t *testing.T) {
	t.Parallel()
	cfg := testConfig()
	cfg.RootDir, cfg.CPUs, cfg.Memory, cfg.Disk = t.TempDir(), 1000.5, 1<<50, 1<<20
	m := cfg.machine()
	info, err := m.MachineInfo()
	if err != nil {
		t.Fatal(err)
	}
	capacity := cadvisor.CapacityFromMachineInfo(info)
	if cpu, mem := capacity.Cpu().String(), capacity.Memory().String(); cpu != "1001" || mem != "1Pi" {
		t.Errorf("capacity: %s cpus, %s memory; want 1001 and 1Pi", cpu, mem)
	}
	root, err := m.RootFsInfo()
	if err != nil {
		t.Fatal(err)
	}
	if root.Capacity != 1<<20+keptFree || root.Available > root.Capacity || root.Usage+root.Available != root.Capacity {
		t.Errorf("file system: %d bytes, %d available, %d used; want 1 MB in all, apart from what stays free", root.Capacity, root.Available, root.Usage)
	}
	dir, err := m.GetDirFsInfo(cfg.RootDir)
	if err != nil {
		t.Fatal(err)
	}
	if dir.Device != root.Device || dir.Device == "" {
		t.Errorf("device %q of a directory on the root file system, which is %q", dir.Device, root.Device)
	}
	if dir.Capacity <= 1<<20 {
		t.Errorf("the directory's file system has %d bytes only", dir.Capacity)
	}
	if proc, err := m.GetDirFsInfo("/proc"); err != nil || proc.Device == dir.Device {
		t.Errorf("/proc is device %q (%v), the root directory %q: they are not the same", proc.Device, err, dir.Device)
	}
	if _, err := m.GetDirFsInfo(filepath.Join(cfg.RootDir, "missing")); err == nil {
		t.Error("a directory that is not there has a file system")
	}
}

func TestMachineNamesItsSystem(t *testing.T) {
	t.Parallel()
	v, err := machine{}.VersionInfo()
	if err != nil || v.KernelVersion == "" || v.ContainerOsVersion == "" {
		t.Errorf("kernel %q, distribution %q, %v", v.KernelVersion, v.ContainerOsVersion, err)
	}
	file := filepath.Join(t.TempDir(), "os-release")
	for content, want := range map[string]string{
		"NAME=x\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\n": "Debian GNU/Linux 12 (bookworm)",
		"PRETTY_NAME=Plain": "Plain",
		"NAME=x\n":          "Linux",
	} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := prettyName(file); got != want {
			t.Errorf("%q gives %q, want %q", content, got, want)
		}
	}
	if got := prettyName(filepath.Join(t.TempDir(), "missing")); got != "Linux" {
		t.Errorf("no file gives %q", got)
	}
}

func TestMachineKnowsTheRootCgroupOnly(t *testing.T) {
	t.Parallel()
	all, err := machine{}.ContainerInfoV2("/", infov2.RequestOptions{})
	if err != nil || len(all["/"].Stats) == 0 || all["/"].Stats[0].Timestamp.IsZero() {
		t.Errorf("the root cgroup: %v, %v; the kubelet wants a time at least", all, err)
	}
	if all, err := (machine{}).ContainerInfoV2("", infov2.RequestOptions{}); err != nil || all[""].Stats[0].Memory == nil || !all[""].Spec.HasMemory {
		t.Errorf("a pod's cgroup, which is none: %v, %v; the kubelet lowers no limits of memory without", all, err)
	}
	if _, err := (machine{}).ContainerInfoV2("/kubepods", infov2.RequestOptions{}); err == nil {
		t.Error("figures of a cgroup that was not measured")
	}
}
