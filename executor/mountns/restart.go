package mountns

import (
	"errors"
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// restart restarts this program in the mount namespace of process pid. It returns
// only if that fails; then nothing has changed.
func restart(pid int, socket string) error {
	if err := sameSocket(pid, socket); err != nil {
		return err
	}
	// The program's path may lead nowhere in the other namespace.
	program, err := os.Open("/proc/self/exe")
	if err != nil {
		return err
	}
	defer program.Close()
	target, err := os.Open(fmt.Sprintf("/proc/%d/ns/mnt", pid))
	if err != nil {
		return fmt.Errorf("the mount namespace of Docker's daemon: %w", err)
	}
	defer target.Close()

	failed := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread must not be used for anything else
		failed <- become(program, target)
	}()
	return <-failed
}

// become executes this program again in namespace target. Only the calling thread
// changes its namespace: exec ends all others.
func become(program, target *os.File) error {
	// A thread may change its mount namespace only if it shares its working directory
	// and root with no other thread (setns(2)).
	if err := unix.Unshare(unix.CLONE_FS); err != nil {
		return fmt.Errorf("entering the mount namespace of Docker's daemon: unshare: %w", err)
	}
	if err := unix.Setns(int(target.Fd()), unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("entering the mount namespace of Docker's daemon, which takes root's capabilities in its user namespace: %w", err)
	}
	if err := unix.Chdir(sandbox()); err != nil {
		if err := unix.Chdir("/"); err != nil {
			return err
		}
	}
	err := unix.Exec(fmt.Sprintf("/proc/self/fd/%d", program.Fd()), os.Args, append(os.Environ(), marker+"=1"))
	return fmt.Errorf("starting again in the mount namespace of Docker's daemon: %w", err)
}

// sameSocket checks that Docker's socket has the same path in the mount namespace of
// process pid: an agent's container may see it under another path.
func sameSocket(pid int, path string) error {
	if path == "" {
		return nil
	}
	here, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil // no daemon yet; it will be looked for at the machine's path
	}
	if err != nil {
		return err
	}
	there, err := os.Stat(fmt.Sprintf("/proc/%d/root%s", pid, path))
	if err != nil || !os.SameFile(here, there) {
		return fmt.Errorf("docker's socket has another path than %s in the mount namespace of its daemon: make it the same for executors", path)
	}
	return nil
}
