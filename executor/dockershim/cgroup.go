package dockershim

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Figures come from the kernel's files: Docker's own call for them takes a second
// or two per container, and the kubelet asks for all of them every ten seconds.

// cgroupRoot is where Linux mounts its control groups.
const cgroupRoot = "/sys/fs/cgroup"

// usage holds what a container has used, according to its control group.
type usage struct {
	cpu        uint64 // nanoseconds, since its start
	memory     uint64 // bytes, page cache included
	workingSet uint64 // bytes, without page cache that is easy to reclaim
	rss        uint64 // bytes
	faults     uint64
	majorFault uint64
	limit      uint64 // bytes, 0 is none
	processes  uint64
}

// unlimited is the lowest memory limit that means no limit: cgroup v1 shows the largest
// multiple of the page size.
const unlimited = 1 << 62

// readUsage reads the figures of process pid's control group, which must be one of
// container id: another process may have the number by now.
func readUsage(root, proc string, pid int, id string) (usage, error) {
	text, err := os.ReadFile(filepath.Join(proc, strconv.Itoa(pid), "cgroup"))
	if err != nil {
		return usage{}, err
	}
	groups := parseGroups(string(text))
	if path, ok := groups["memory"]; ok {
		if !strings.Contains(path, id) {
			return usage{}, fmt.Errorf("process %d is not in container %s", pid, id)
		}
		return readV1(root, groups)
	}
	if !strings.Contains(groups[""], id) {
		return usage{}, fmt.Errorf("process %d is not in container %s", pid, id)
	}
	return readV2(filepath.Join(root, groups[""]))
}

// parseGroups parses /proc/PID/cgroup into a path per controller; the path of version 2
// has the empty name.
func parseGroups(text string) map[string]string {
	groups := map[string]string{}
	for line := range strings.Lines(text) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) != 3 {
			continue
		}
		for controller := range strings.SplitSeq(fields[1], ",") {
			groups[controller] = fields[2]
		}
	}
	return groups
}

func readV1(root string, groups map[string]string) (usage, error) {
	memory := filepath.Join(root, "memory", groups["memory"])
	stat, err := readPairs(filepath.Join(memory, "memory.stat"))
	if err != nil {
		return usage{}, err
	}
	u := usage{
		memory:     readNumber(filepath.Join(memory, "memory.usage_in_bytes")),
		limit:      readNumber(filepath.Join(memory, "memory.limit_in_bytes")),
		rss:        stat["total_rss"],
		faults:     stat["total_pgfault"],
		majorFault: stat["total_pgmajfault"],
		cpu:        readNumber(filepath.Join(root, "cpuacct", groups["cpuacct"], "cpuacct.usage")),
		processes:  readNumber(filepath.Join(root, "pids", groups["pids"], "pids.current")),
	}
	return u.finish(stat["total_inactive_file"]), nil
}

func readV2(dir string) (usage, error) {
	stat, err := readPairs(filepath.Join(dir, "memory.stat"))
	if err != nil {
		return usage{}, err
	}
	cpu, err := readPairs(filepath.Join(dir, "cpu.stat"))
	if err != nil {
		return usage{}, err
	}
	u := usage{
		memory:     readNumber(filepath.Join(dir, "memory.current")),
		limit:      readNumber(filepath.Join(dir, "memory.max")),
		rss:        stat["anon"],
		faults:     stat["pgfault"],
		majorFault: stat["pgmajfault"],
		cpu:        cpu["usage_usec"] * 1000,
		processes:  readNumber(filepath.Join(dir, "pids.current")),
	}
	return u.finish(stat["inactive_file"]), nil
}

// finish derives the working set as Kubernetes defines it: all memory less the file
// pages not used recently.
func (u usage) finish(inactiveFile uint64) usage {
	if u.memory > inactiveFile {
		u.workingSet = u.memory - inactiveFile
	}
	if u.limit >= unlimited {
		u.limit = 0
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

// traffic holds the counters of a network interface.
type traffic struct {
	name              string
	rxBytes, rxErrors uint64
	txBytes, txErrors uint64
}

// readTraffic reads the interfaces of process pid's network, without loopback.
func readTraffic(proc string, pid int) ([]traffic, error) {
	text, err := os.ReadFile(filepath.Join(proc, strconv.Itoa(pid), "net", "dev"))
	if err != nil {
		return nil, err
	}
	var list []traffic
	for line := range strings.Lines(string(text)) {
		name, rest, ok := strings.Cut(line, ":")
		fields := strings.Fields(rest)
		if name = strings.TrimSpace(name); !ok || name == "lo" || len(fields) < 16 {
			continue
		}
		var n [16]uint64
		for i := range n {
			n[i], _ = strconv.ParseUint(fields[i], 10, 64)
		}
		list = append(list, traffic{name: name, rxBytes: n[0], rxErrors: n[2], txBytes: n[8], txErrors: n[10]})
	}
	return list, nil
}
