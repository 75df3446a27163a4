// Package hostlock coordinates the programs that share a host's network, executors and
// framework_runner: one of them acts for all, and the last one cleans up.
//
// The kernel holds the locks (flock), so they end with their process, however it ends. The
// files' names contain the inode of the network namespace: files are shared by namespaces,
// what the locks protect is not, but for what belongs to the machine (see [Dir.OfMachine]).
package hostlock

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
	"k8s.io/apimachinery/pkg/util/wait"
)

// retryEvery is how often a lock that another process holds is tried again.
const retryEvery = time.Second

// Members is the lock that every program holds which sets routes on a host.
const Members = "network-members"

// Usual is where programs of one host find each other's locks.
const Usual = "/run/kubernetes-mesos"

// Dir is a directory of locks. It is not below the root directory of any executor.
type Dir struct {
	path    string
	machine bool // its locks are those of all network namespaces
}

// Open makes the directory at path, if it is missing, readable by its owner alone.
func Open(path string) (Dir, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return Dir{}, fmt.Errorf("directory of locks: %w", err)
	}
	return Dir{path: path}, nil
}

// OfMachine returns the same directory, with locks that all network namespaces share.
func (d Dir) OfMachine() Dir { return Dir{path: d.path, machine: true} }

// Lock is a held lock.
type Lock struct {
	file *os.File
	last bool // nobody else holds it
}

// Release gives the lock up, and removes its file if it was the last one's.
func (l *Lock) Release() error {
	var err error
	if l.last {
		if err = os.Remove(l.file.Name()); errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
	}
	return errors.Join(err, unlock(l.file))
}

// Acquire waits until this process holds the lock called name alone, or ctx ends.
func (d Dir) Acquire(ctx context.Context, name string) (*Lock, error) {
	return d.await(ctx, name, unix.LOCK_EX)
}

// Join holds the lock called name together with others until it is released. It waits
// while the last one that held it cleans up.
func (d Dir) Join(ctx context.Context, name string) (*Lock, error) {
	return d.await(ctx, name, unix.LOCK_SH)
}

// await takes a lock as soon as others let it.
func (d Dir) await(ctx context.Context, name string, how int) (*Lock, error) {
	var held *Lock
	err := wait.PollUntilContextCancel(ctx, retryEvery, true, func(context.Context) (bool, error) {
		var err error
		held, err = d.take(name, how)
		return held != nil, err
	})
	return held, err
}

// Last reports whether no other process holds a lock of Join. If so, none can until it is
// released.
func (l *Lock) Last() (bool, error) {
	last, err := try(l.file, unix.LOCK_EX)
	l.last = last
	return last, err
}

// IfNone calls do if no process holds the lock called name, and keeps others out meanwhile.
func (d Dir) IfNone(name string, do func() error) error {
	l, err := d.take(name, unix.LOCK_EX)
	if l == nil {
		return err
	}
	l.last = true
	return errors.Join(do(), l.Release())
}

// Held reports whether a process holds the lock called name.
func (d Dir) Held(name string) (bool, error) {
	path, err := d.file(name)
	if err != nil {
		return false, err
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("lock: %w", err)
	}
	defer func() { _ = unlock(file) }()
	free, err := try(file, unix.LOCK_EX)
	return !free, err
}

// Remove removes the file of a lock that no process will hold any more.
func (d Dir) Remove(name string) error {
	path, err := d.file(name)
	if err == nil {
		err = os.Remove(path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Path returns the path of a file about this network namespace, or the machine, next to the locks.
func (d Dir) Path(name string) (string, error) {
	if d.machine {
		return filepath.Join(d.path, name), nil
	}
	var ns unix.Stat_t
	if err := unix.Stat("/proc/thread-self/ns/net", &ns); err != nil {
		return "", fmt.Errorf("the network namespace: %w", err)
	}
	return filepath.Join(d.path, fmt.Sprintf("%s.%d", name, ns.Ino)), nil
}

// file returns the path of a lock.
func (d Dir) file(name string) (string, error) {
	path, err := d.Path(name)
	return path + ".lock", err
}

// take returns the lock called name, or nil if others have it.
// The file of a lock that was removed while it was opened is not one that others see, so
// it counts as not taken.
func (d Dir) take(name string, how int) (*Lock, error) {
	var opened, named unix.Stat_t
	path, err := d.file(name)
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	ok, err := try(file, how)
	if ok {
		err = unix.Fstat(int(file.Fd()), &opened)
		ok = unix.Stat(path, &named) == nil && named.Ino == opened.Ino
	}
	if err != nil || !ok {
		return nil, errors.Join(err, unlock(file))
	}
	return &Lock{file: file}, nil
}

// unlock gives a lock up and closes its file. Closing alone is not enough: a program that
// this process is just starting has the file, too, until it begins.
func unlock(file *os.File) error {
	return errors.Join(unix.Flock(int(file.Fd()), unix.LOCK_UN), file.Close())
}

// try tries to hold a lock and reports whether it does.
func try(file *os.File, how int) (bool, error) {
	err := unix.Flock(int(file.Fd()), how|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}
