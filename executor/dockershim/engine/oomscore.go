package engine

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockerd"
)

// capSysResource is the bit of CAP_SYS_RESOURCE: without it, a process cannot make
// itself or its children harder to kill than it is (proc(5), oom_score_adj), and
// runc fails if it has to.
const capSysResource = 24

// oomFloor returns the lowest oom_score_adj that containers of the daemon at endpoint
// may have. The daemon's process is found through its socket; if that is impossible,
// this process is used instead.
func oomFloor(endpoint string) int {
	process := "self"
	if pid, err := dockerd.Process(endpoint); err == nil && pid > 1 {
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
