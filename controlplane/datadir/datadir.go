// Package datadir restricts a data directory to one process at a time.
//
// The kernel holds the lock (flock), so it is released when its holder ends, however
// it ends; the lock file itself stays and names the last holder.
package datadir

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// lockName is the lock file's name in the data directory.
const lockName = "lock"

// InUseError reports that another process holds the data directory.
type InUseError struct {
	Dir string
	PID int // of the holder; 0 if it has not written it yet
}

// Error names the directory and its holder.
func (e *InUseError) Error() string {
	holder := "another process"
	if e.PID > 0 {
		holder = fmt.Sprintf("process %d", e.PID)
	}
	return fmt.Sprintf("data directory %s is in use by %s", e.Dir, holder)
}

// Lock is a held data directory.
type Lock struct{ file *os.File }

// Acquire creates dir (mode 0700) if it is missing, and locks it. It never waits:
// if another process holds the lock, the error is an *InUseError.
func Acquire(dir string) (*Lock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	if err := lock(f, dir); err != nil {
		f.Close()
		return nil, err
	}
	return &Lock{f}, nil
}

func lock(f *os.File, dir string) error {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return &InUseError{Dir: dir, PID: holder(f)}
	}
	if err != nil {
		return fmt.Errorf("data directory: locking %s: %w", f.Name(), err)
	}
	// The pid is only for another process's error message.
	if err := f.Truncate(0); err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	if _, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0); err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	return nil
}

// holder returns the pid in f, or 0 if there is no readable one.
func holder(f *os.File) int {
	b, err := io.ReadAll(io.LimitReader(f, 32))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return 0
	}
	return pid
}

// Release unlocks the directory. Releasing again does nothing.
func (l *Lock) Release() error {
	err := l.file.Close()
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}
