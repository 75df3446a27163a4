package kubelet

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	info "github.com/google/cadvisor/info/v1"
	infov2 "github.com/google/cadvisor/info/v2"
	"golang.org/x/sys/unix"
	"k8s.io/kubernetes/pkg/kubelet/cadvisor"
)

// machine describes the machine to the kubelet: an agent of the size that Mesos gives
// it. It replaces cAdvisor, which would report all that the host has, and would walk
// every cgroup of the host again and again; container figures come from the container
// runtime instead.
type machine struct {
	cores  int
	memory uint64 // bytes
	disk   uint64 // bytes; 0: what the file system has
	root   string // a path on the file system that pods use
}

var _ cadvisor.Interface = machine{}

func (c *Config) machine() machine {
	return machine{cores: c.cores(), memory: c.Memory, disk: c.Disk, root: c.RootDir}
}

// Start does nothing: every figure is read on request.
func (m machine) Start() error { return nil }

// MachineInfo returns the size of the agent and the identity of its host.
func (m machine) MachineInfo() (*info.MachineInfo, error) {
	machineID := line("/etc/machine-id")
	uuid := line("/sys/class/dmi/id/product_uuid")
	if uuid == "" {
		uuid = machineID
	}
	return &info.MachineInfo{
		Timestamp:        time.Now(),
		NumCores:         m.cores,
		NumPhysicalCores: m.cores,
		NumSockets:       1,
		MemoryCapacity:   m.memory,
		MachineID:        machineID,
		SystemUUID:       uuid,
		BootID:           line("/proc/sys/kernel/random/boot_id"),
	}, nil
}

// VersionInfo returns the kernel and the distribution.
func (m machine) VersionInfo() (*info.VersionInfo, error) {
	return &info.VersionInfo{
		KernelVersion:      line("/proc/sys/kernel/osrelease"),
		ContainerOsVersion: prettyName("/etc/os-release"),
	}, nil
}

// ContainerInfoV2 only knows the root cgroup, and only that it exists: the total usage
// of a shared host says nothing about this node. An empty name stands for a pod's cgroup,
// which pods do not have here, so nothing is used there beyond what containers use. The
// kubelet asks before it lowers limits of memory.
func (m machine) ContainerInfoV2(name string, _ infov2.RequestOptions) (map[string]infov2.ContainerInfo, error) {
	now := &infov2.ContainerStats{Timestamp: time.Now()}
	switch name {
	case "/":
		return map[string]infov2.ContainerInfo{name: {Stats: []*infov2.ContainerStats{now}}}, nil
	case "":
		now.Memory = &info.MemoryStats{}
		return map[string]infov2.ContainerInfo{name: {Spec: infov2.ContainerSpec{HasMemory: true}, Stats: []*infov2.ContainerStats{now}}}, nil
	}
	return nil, fmt.Errorf("cgroup %s: its figures are kept by the container runtime", name)
}

// GetRequestedContainersInfo has nothing to add to the runtime's figures.
func (m machine) GetRequestedContainersInfo(string, infov2.RequestOptions) (map[string]*info.ContainerInfo, error) {
	return map[string]*info.ContainerInfo{}, nil
}

// RootFsInfo describes the file system of the root directory with the size that makes
// the disk that Mesos gives allocatable to pods, whatever the machine has: a pod that
// Mesos has given its disk must not be rejected. How much is available is as it is.
func (m machine) RootFsInfo() (infov2.FsInfo, error) {
	fs, err := m.GetDirFsInfo(m.root)
	if err == nil && m.disk > 0 {
		fs.Capacity = m.disk + keptFree
		fs.Available = min(fs.Available, fs.Capacity)
		fs.Usage = fs.Capacity - fs.Available
	}
	return fs, err
}

// ImagesFsInfo is the same as RootFsInfo: the kubelet asks the runtime where its
// images are, and calls this only if it cannot.
func (m machine) ImagesFsInfo(context.Context) (infov2.FsInfo, error) { return m.RootFsInfo() }

// ContainerFsInfo is the same as RootFsInfo, as ImagesFsInfo is.
func (m machine) ContainerFsInfo(context.Context) (infov2.FsInfo, error) { return m.RootFsInfo() }

// GetDirFsInfo describes the file system that path is on. Its device is the number from
// stat, which distinguishes file systems.
func (m machine) GetDirFsInfo(path string) (infov2.FsInfo, error) {
	var fs unix.Statfs_t
	if err := unix.Statfs(path, &fs); err != nil {
		return infov2.FsInfo{}, fmt.Errorf("file system of %s: %w", path, err)
	}
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return infov2.FsInfo{}, fmt.Errorf("file system of %s: %w", path, err)
	}
	block := uint64(fs.Bsize)
	return infov2.FsInfo{
		Timestamp:  time.Now(),
		Device:     fmt.Sprintf("%d:%d", unix.Major(st.Dev), unix.Minor(st.Dev)),
		Mountpoint: path,
		Capacity:   fs.Blocks * block,
		Available:  fs.Bavail * block,
		Usage:      (fs.Blocks - fs.Bfree) * block,
		Inodes:     &fs.Files,
		InodesFree: &fs.Ffree,
	}, nil
}

// line returns the contents of a one-line file, or "" if it cannot be read.
func line(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// prettyName returns the name of the distribution in an os-release file.
func prettyName(path string) string {
	for l := range strings.Lines(line(path)) {
		if name, ok := strings.CutPrefix(l, "PRETTY_NAME="); ok {
			return strings.Trim(strings.TrimSpace(name), `"'`)
		}
	}
	return "Linux"
}
