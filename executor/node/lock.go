package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// lock says that an executor lives: it has locked a file beside the root directory
// of its agent, and the kernel lets go of it however the process ends. In the file
// stands the framework's id, so that another executor of that framework may clean
// up where this one could not.
type lock struct{ file *os.File }

// lockSuffix is what a lock's name has after the agent's id.
const lockSuffix = ".lock"

// errLocked says that another process has the lock.
var errLocked = errors.New("another executor lives there")

func lockPath(rootDir, agent string) string { return filepath.Join(rootDir, agent+lockSuffix) }

// tryLock locks path. With create it makes the file and writes framework into it;
// otherwise a file that is missing, or is another framework's, is an error.
func tryLock(path, framework string, create bool) (*lock, error) {
	flags := os.O_RDWR
	if create {
		flags |= os.O_CREATE
	}
	f, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return nil, err
	}
	l := &lock{f}
	if err := l.take(path, framework, create); err != nil {
		f.Close()
		return nil, err
	}
	return l, nil
}

func (l *lock) take(path, framework string, write bool) error {
	err := unix.Flock(int(l.file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return errLocked
	}
	if err != nil {
		return fmt.Errorf("locking %s: %w", path, err)
	}
	// Whoever had it may have removed it before letting go.
	mine, err := l.file.Stat()
	if err != nil {
		return err
	}
	if there, err := os.Stat(path); err != nil || !os.SameFile(mine, there) {
		return errLocked
	}
	if write {
		return l.write(framework)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if strings.TrimSpace(string(text)) != framework {
		return fmt.Errorf("%s is of framework %q", path, text)
	}
	return nil
}

func (l *lock) write(framework string) error {
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	_, err := l.file.WriteAt([]byte(framework+"\n"), 0)
	return err
}

// lockTime is how long an executor waits for the one before it, which the agent
// has given up, to be over.
const lockTime = 30 * time.Second

// awaitLock locks path for framework, waiting for another process to let go of it.
func awaitLock(ctx context.Context, path, framework string) (*lock, error) {
	ctx, cancel := context.WithTimeout(ctx, lockTime)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		l, err := tryLock(path, framework, true)
		if !errors.Is(err, errLocked) {
			return l, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			text, _ := os.ReadFile(path) // "" says as much
			return nil, fmt.Errorf("%s is locked by an executor of framework %s that lives on: executors of two frameworks on one agent need a -root_dir each", path, strings.TrimSpace(string(text)))
		}
	}
}

// remove removes the file and lets go of it: nothing is left that it stood for.
func (l *lock) remove() error {
	return errors.Join(os.Remove(l.file.Name()), l.file.Close())
}

// release lets go of the lock; what it stands for is still there.
func (l *lock) release() { _ = l.file.Close() }
