package node

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// goneSince tells when executors were first found gone, by their locks' paths, in time since
// the machine started. It is written into their directories, as whoever looks may end sooner
// than a grace time; the map holds what could not be written, as to a full disk.
type goneSince map[string]time.Duration

// sinceFile, below an executor's root directory, holds the machine's start and the time.
const sinceFile = "gone-since"

// first returns when the executor with a lock was first found gone: now, unless it is known.
func (g goneSince) first(lock string, now time.Duration) time.Duration {
	file, boot := sinceOf(lock), bootID()
	if text, err := os.ReadFile(file); err == nil {
		var since time.Duration
		var of string
		if n, _ := fmt.Sscan(string(text), &of, (*int64)(&since)); n == 2 && of == boot {
			return since
		}
	}
	since, known := g[lock]
	if !known {
		since, g[lock] = now, now
	}
	if os.WriteFile(file, fmt.Appendln(nil, boot, int64(since)), 0o600) == nil {
		delete(g, lock)
	}
	return since
}

// forget notes that an executor lives. What is written about it the executor itself removes.
func (g goneSince) forget(lock string) { delete(g, lock) }

func sinceOf(lock string) string {
	return filepath.Join(strings.TrimSuffix(lock, lockSuffix), sinceFile)
}

// uptime returns the time since the machine started, which no change of its clock changes.
func uptime() time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_BOOTTIME, &t) // Linux has it
	return time.Duration(t.Nano())
}

// bootID identifies the time since the machine started.
func bootID() string {
	id, _ := os.ReadFile("/proc/sys/kernel/random/boot_id") // Linux has it
	return strings.TrimSpace(string(id))
}
