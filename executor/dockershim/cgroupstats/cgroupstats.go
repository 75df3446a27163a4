// Package cgroupstats reads from the kernel's files what the processes of a container
// use: Docker's own call for that takes a second or two per container, and the kubelet
// asks for all of them every ten seconds. It reads both versions of control groups, and
// never reports the figures of another container.
package cgroupstats

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/opencontainers/cgroups"
)

// Root is where Linux mounts its control groups.
const Root = "/sys/fs/cgroup"

// Usage holds what a container has used, according to its control group.
type Usage struct {
	CPU         uint64 // nanoseconds, since its start
	Memory      uint64 // bytes, page cache included
	WorkingSet  uint64 // bytes, without page cache that is easy to reclaim
	RSS         uint64 // bytes
	Faults      uint64
	MajorFaults uint64
	Limit       uint64 // bytes, 0 is none
	Processes   uint64
}

// unlimited is the lowest memory limit that means no limit: cgroup v1 shows the largest
// multiple of the page size.
const unlimited = 1 << 62

// Read reads the figures of process pid's control group, which must be one of container
// id: another process may have the number by now.
func Read(pid int, id string) (Usage, error) { return read(Root, "/proc", pid, id) }

func read(root, proc string, pid int, id string) (Usage, error) {
	groups, err := cgroups.ParseCgroupFile(filepath.Join(proc, strconv.Itoa(pid), "cgroup"))
	if err != nil {
		return Usage{}, err
	}
	if path, ok := groups["memory"]; ok {
		if !strings.Contains(path, id) {
			return Usage{}, fmt.Errorf("process %d is not in container %s", pid, id)
		}
		return readV1(root, groups)
	}
	if !strings.Contains(groups[""], id) {
		return Usage{}, fmt.Errorf("process %d is not in container %s", pid, id)
	}
	return readV2(filepath.Join(root, groups[""]))
}

func readV1(root string, groups map[string]string) (Usage, error) {
	memory := filepath.Join(root, "memory", groups["memory"])
	stat, err := readPairs(filepath.Join(memory, "memory.stat"))
	if err != nil {
		return Usage{}, err
	}
	u := Usage{
		Memory:      readNumber(filepath.Join(memory, "memory.usage_in_bytes")),
		Limit:       readNumber(filepath.Join(memory, "memory.limit_in_bytes")),
		RSS:         stat["total_rss"],
		Faults:      stat["total_pgfault"],
		MajorFaults: stat["total_pgmajfault"],
		CPU:         readNumber(filepath.Join(root, "cpuacct", groups["cpuacct"], "cpuacct.usage")),
		Processes:   readNumber(filepath.Join(root, "pids", groups["pids"], "pids.current")),
	}
	return u.finish(stat["total_inactive_file"]), nil
}

func readV2(dir string) (Usage, error) {
	stat, err := readPairs(filepath.Join(dir, "memory.stat"))
	if err != nil {
		return Usage{}, err
	}
	cpu, err := readPairs(filepath.Join(dir, "cpu.stat"))
	if err != nil {
		return Usage{}, err
	}
	u := Usage{
		Memory:      readNumber(filepath.Join(dir, "memory.current")),
		Limit:       readNumber(filepath.Join(dir, "memory.max")),
		RSS:         stat["anon"],
		Faults:      stat["pgfault"],
		MajorFaults: stat["pgmajfault"],
		CPU:         cpu["usage_usec"] * 1000,
		Processes:   readNumber(filepath.Join(dir, "pids.current")),
	}
	return u.finish(stat["inactive_file"]), nil
}

// Add adds another container's figures of the same pod. Limits are per container: u keeps
// its own.
func (u *Usage) Add(c Usage) {
	u.CPU += c.CPU
	u.Memory += c.Memory
	u.WorkingSet += c.WorkingSet
	u.RSS += c.RSS
	u.Faults += c.Faults
	u.MajorFaults += c.MajorFaults
	u.Processes += c.Processes
}

// finish derives the working set as Kubernetes defines it: all memory less the file
// pages not used recently.
func (u Usage) finish(inactiveFile uint64) Usage {
	if u.Memory > inactiveFile {
		u.WorkingSet = u.Memory - inactiveFile
	}
	if u.Limit >= unlimited {
		u.Limit = 0
	}
	return u
}

// readNumber returns 0 for "max" and for a missing file.
func readNumber(path string) uint64 {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	n, err := strconv.ParseUint(string(bytes.TrimSpace(text)), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// readPairs reads a file that has a name and a number on each line.
func readPairs(path string) (map[string]uint64, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	pairs := map[string]uint64{}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		name, number, _ := strings.Cut(lines.Text(), " ")
		if n, err := strconv.ParseUint(number, 10, 64); err == nil {
			pairs[name] = n
		}
	}
	return pairs, nil
}
