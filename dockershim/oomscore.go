package dockershim

import (
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// capSysResource is the bit of CAP_SYS_RESOURCE: without it a process cannot make
// itself or its children harder to kill than it is (proc(5), oom_score_adj), and
// runc fails when told to.
const capSysResource = 24

// oomFloor is the lowest oom_score_adj that containers of the daemon at endpoint
// may be given. The daemon is asked through its socket who it is; where that is
// impossible, this process stands for it.
func oomFloor(endpoint string) int {
	process := "self"
	if pid := socketOwner(endpoint); pid > 1 {
		process = strconv.Itoa(pid)
	}
	if hasCapability(process, capSysResource) {
		return -1000
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%s/oom_score_adj", process))
	if err != nil {
		return 0
	}
	score, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0
	}
	return score
}

// socketOwner is the process that listens on a unix socket, 0 when it is not to
// be known.
func socketOwner(endpoint string) int {
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "unix" {
		return 0
	}
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0
	}
	defer unix.Close(fd)
	if unix.Connect(fd, &unix.SockaddrUnix{Name: u.Path}) != nil {
		return 0
	}
	peer, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil {
		return 0
	}
	return int(peer.Pid)
}

func hasCapability(process string, bit uint) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%s/status", process))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(text), "CapEff:")
	set, _, _ := strings.Cut(strings.TrimSpace(rest), "\n")
	mask, err := strconv.ParseUint(set, 16, 64)
	return err == nil && mask&(1<<bit) != 0
}
