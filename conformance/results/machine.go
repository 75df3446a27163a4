package main

import (
	"fmt"
	"strings"
	"syscall"
)

// lacks returns what this machine lacks for a test, and how that shows; "" if nothing.
func lacks(name string) string {
	if !strings.Contains(name, "SCTPConnectivity") {
		return ""
	}
	const sctp = 132 // IPPROTO_SCTP
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, sctp)
	if err != nil {
		return fmt.Sprintf("the machine: its kernel has no SCTP (a socket: %v)", err)
	}
	_ = syscall.Close(socket)
	return ""
}
