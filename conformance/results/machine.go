package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// limits are why tests fail that find no fault: what the machine lacks, or the cluster by
// design. Each says so only where it is the case; "" if not.
var limits = []struct {
	test string // part of its name
	why  func() string
}{
	{"SCTPConnectivity", noSCTP},
	{"ignore failure matching on DisruptionTarget condition", noPrivilege},
	{"ImageVolume should succeed with pod and pull policy of Always", func() string {
		return "the cluster: its hosts reach no registry, and the test has an image pulled that is there already"
	}},
	{"SchedulerPredicates [Serial] validates that there is no conflict between pods with same hostPort", func() string {
		return "design: Mesos offers ports without addresses and protocols, so an agent takes one pod with a host port"
	}},
}

// lacks returns what limits a test, "" if nothing does.
func lacks(name string) string {
	for _, l := range limits {
		if strings.Contains(name, l.test) {
			return l.why()
		}
	}
	return ""
}

func noSCTP() string {
	const sctp = 132 // IPPROTO_SCTP
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, sctp)
	if err != nil {
		return fmt.Sprintf("the machine: its kernel has no SCTP (a socket: %v)", err)
	}
	_ = syscall.Close(socket)
	return ""
}

// noPrivilege tells where no container can be privileged, which takes all capabilities.
func noPrivilege() string {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return ""
	}
	last, err := os.ReadFile("/proc/sys/kernel/cap_last_cap")
	if err != nil {
		return ""
	}
	_, after, _ := strings.Cut(string(status), "CapBnd:")
	has, _, _ := strings.Cut(strings.TrimSpace(after), "\n")
	bits, err := strconv.ParseUint(has, 16, 64)
	n, err2 := strconv.Atoi(strings.TrimSpace(string(last)))
	if all := uint64(1)<<(n+1) - 1; err != nil || err2 != nil || bits&all == all {
		return ""
	}
	return fmt.Sprintf("the machine: no container can be privileged, as root itself lacks capabilities (CapBnd %s)", has)
}
