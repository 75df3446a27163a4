package containerizer

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
)

// sessionOf returns the live processes of a session, except its leader.
func sessionOf(leader int) []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var out []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == leader {
			continue
		}
		if session, alive := statOf(pid); alive && session == leader {
			out = append(out, pid)
		}
	}
	return out
}

// statOf returns the session of a process and whether it still runs. See proc(5):
// the name, in parentheses, is followed by state, ppid, pgrp and session.
func statOf(pid int) (session int, alive bool) {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0, false
	}
	fields := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
	if len(fields) < 4 {
		return 0, false
	}
	session, err = strconv.Atoi(string(fields[3]))
	state := fields[0][0]
	return session, err == nil && state != 'Z' && state != 'X'
}
