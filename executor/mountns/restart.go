package mountns

import (
	"errors"
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// restart starts this program again in the mount namespace of process pid. It
// returns only when that fails; then nothing has changed.
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
		runtime.LockOSThread() // and never unlock: the thread is not to be used for anything else
		failed <- become(program, target)
	}()
	return <-failed
}

// become replaces this program by itself in namespace target, by way of the
// calling thread alone: an exec ends all others.
func become(program, target *os.File) error {
	// A thread may only change its mounts when it shares its directories with no
	// other (setns(2)).
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

// sameSocket makes sure that Docker's socket will be found again: an agent's
// container may see it under a path of its own.
func sameSocket(pid int, path string) error {
	if path == "" {
		return nil
	}
	here, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil // no daemon yet; it is looked for where the machine has it
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
