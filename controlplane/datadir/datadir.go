// Package datadir keeps a data directory to one process at a time.
//
// The kernel holds the lock (flock), so it is gone the moment its holder is,
// however it ended; the lock file itself stays and says whose it was last.
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

// lockName is the lock file's name inside of the data directory.
const lockName = "lock"

// InUseError says that another process has the data directory.
type InUseError struct {
	Dir string
	PID int // of the holder; 0 when it had not written it yet
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

// Acquire makes dir if it is missing (mode 0700), and locks it. It never waits:
// when another process has it the error is an *InUseError.
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
	// The pid is for the other's error message alone.
	if err := f.Truncate(0); err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	if _, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0); err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	return nil
}

// holder returns the pid in f, or 0 when none is readable there.
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

// Release gives the directory back. Releasing again does nothing.
func (l *Lock) Release() error {
	err := l.file.Close()
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}
