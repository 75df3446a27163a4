package dockershim

import (
	"strings"
	"syscall"

	docker "github.com/fsouza/go-dockerclient"
)

// outOfMemory reports whether the kernel has killed a container for lack of memory.
// Docker learns that from an event, which is lost if the container's control group
// is gone before the event is read, as on a busy machine. The kernel's log also has
// it, in a line that is written before the process ends. The log is read once per
// container, while it still has the line.
func (s *containers) outOfMemory(c *docker.Container) bool {
	const killed = 128 + int(syscall.SIGKILL)
	if c.State.OOMKilled || c.State.ExitCode != killed || c.HostConfig == nil || c.HostConfig.Memory == 0 {
		return c.State.OOMKilled
	}
	if was, known := s.oomKilled.get(c.ID); known {
		return was
	}
	was := false
	for _, line := range kernelLog() {
		was = was || strings.Contains(victim(line), c.ID)
	}
	s.oomKilled.set(c.ID, was)
	return was
}

// victim returns the control group of the process that was killed for lack of memory
// according to a line of the kernel's log, or "" if the line is about something else.
// Kernels before 5.0 use the second format.
func victim(line string) string {
	if _, rest, found := strings.Cut(line, ",task_memcg="); found {
		group, _, _ := strings.Cut(rest, ",")
		return group
	}
	if _, rest, found := strings.Cut(line, "Task in "); found {
		if group, _, killed := strings.Cut(rest, " killed as a result of limit of "); killed {
			return group
		}
	}
	return ""
}

// kernelLog returns the records of the kernel's log, or none if it may not be read.
func kernelLog() (records []string) {
	log, err := syscall.Open("/dev/kmsg", syscall.O_RDONLY|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer syscall.Close(log)
	record := make([]byte, 8192) // the longest (kernel, Documentation/ABI/testing/dev-kmsg)
	for {
		n, err := syscall.Read(log, record)
		switch {
		case err == syscall.EPIPE: // the next record has been overwritten
		case err != nil || n <= 0:
			return records
		default:
			records = append(records, string(record[:n]))
		}
	}
}
