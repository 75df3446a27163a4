package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim"
)

// lock shows that an executor is alive: it holds a lock on a file next to its root
// directory, which the kernel releases however the process ends. The file names the
// owner, so that another executor of that framework can clean up where this one could
// not.
type lock struct{ file *os.File }

// lockSuffix follows the root directory's name in a lock's name.
const lockSuffix = ".lock"

// errLocked means that another process holds the lock.
var errLocked = errors.New("another executor lives there")

// tryLock locks path. With create it makes the file and writes the owner into it;
// otherwise a file that is missing or has another owner is an error.
func tryLock(path string, owner dockershim.Owner, create bool) (*lock, error) {
	flags := os.O_RDWR
	if create {
		flags |= os.O_CREATE
	}
	f, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return nil, err
	}
	l := &lock{f}
	if err := l.take(path, owner, create); err != nil {
		l.release()
		return nil, err
	}
	return l, nil
}

func (l *lock) take(path string, owner dockershim.Owner, write bool) error {
	err := unix.Flock(int(l.file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return errLocked
	}
	if err != nil {
		return fmt.Errorf("locking %s: %w", path, err)
	}
	// The last holder may have removed the file before it released the lock.
	mine, err := l.file.Stat()
	if err != nil {
		return err
	}
	if there, err := os.Stat(path); err != nil || !os.SameFile(mine, there) {
		return errLocked
	}
	if write {
		return l.write(owner)
	}
	left, err := readOwner(path)
	if err != nil {
		return err
	}
	if left != owner {
		return fmt.Errorf("%s is of framework %q", path, left.Framework)
	}
	return nil
}

func (l *lock) write(owner dockershim.Owner) error {
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	if err := os.Remove(sinceOf(l.file.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	_, err := l.file.WriteAt([]byte(owner.Framework+"\n"+owner.Agent+"\n"), 0)
	return err
}

// lockTime is how long an executor waits for the previous one, which the agent has
// given up, to end.
const lockTime = 30 * time.Second

// awaitLock locks path for owner, waiting for another process to release it.
func awaitLock(ctx context.Context, path string, owner dockershim.Owner) (*lock, error) {
	var held *lock
	err := wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, lockTime, true, func(context.Context) (locked bool, err error) {
		held, err = tryLock(path, owner, true)
		if errors.Is(err, errLocked) {
			return false, nil
		}
		return true, err
	})
	if wait.Interrupted(err) {
		left, _ := readOwner(path) // empty when it cannot be read
		return nil, fmt.Errorf("%s is locked by the executor of framework %s on agent %s, which still runs after %v: end that process", path, left.Framework, left.Agent, lockTime)
	}
	return held, err
}

// remove removes the file and releases the lock: nothing is left to protect.
func (l *lock) remove() error {
	return errors.Join(os.Remove(l.file.Name()), l.unlock())
}

// release releases the lock and keeps the file: what it protects is still there.
func (l *lock) release() { _ = l.unlock() }

// unlock does more than close the file: a program that this process is just starting has it,
// too, until it begins.
func (l *lock) unlock() error {
	return errors.Join(unix.Flock(int(l.file.Fd()), unix.LOCK_UN), l.file.Close())
}
