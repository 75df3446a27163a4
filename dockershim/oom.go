package dockershim

import (
	"strings"
	"syscall"

	docker "github.com/fsouza/go-dockerclient"
)

// outOfMemory tells whether the kernel has ended a container for want of memory.
// Docker learns that by an event which gets lost when the container's control
// group is gone before the event is read, so on a busy machine; the kernel's log
// tells it as well, in a line that is there before the process ends. It is read
// once for a container, as long as it still has the line.
func (s *service) outOfMemory(c *docker.Container) bool {
	const killed = 128 + int(syscall.SIGKILL)
	if c.State.OOMKilled || c.State.ExitCode != killed || c.HostConfig == nil || c.HostConfig.Memory == 0 {
		return c.State.OOMKilled
	}
	if was, known := s.starved.get(c.ID); known {
		return was
	}
	was := false
	for _, line := range kernelLog() {
		was = was || strings.Contains(victim(line), c.ID)
	}
	s.starved.set(c.ID, was)
	return was
}

// victim is the control group of the process that a line of the kernel's log says
// was killed for want of memory, empty when it says nothing like it. Kernels
// before 5.0 say it in the second way.
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

// kernelLog is what the kernel's log has now, a record each; nothing where it may
// not be read.
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
		case err == syscall.EPIPE: // what was next has been overwritten
		case err != nil || n <= 0:
			return records
		default:
			records = append(records, string(record[:n]))
		}
	}
}
