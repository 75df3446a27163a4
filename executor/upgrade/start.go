package upgrade

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Start starts the program at path in this process or, if that fails, the running
// program again. It returns only if both fail.
func (p *Programs) Start(path string, state []byte) error {
	h := Handover{Secrets: p.Secrets, State: state}
	if p.Descriptors != nil {
		h.Descriptors = p.Descriptors()
	}
	file, err := h.write(p.Dir)
	if err != nil {
		return err
	}
	for name, fd := range h.Descriptors {
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_SETFD, 0); err != nil {
			return errors.Join(fmt.Errorf("keeping %s open: %w", name, err), os.Remove(file))
		}
	}
	env := append(os.Environ(), fileVariable+"="+file)
	first := p.start(path, env)
	p.Log.Error(first, "restarting this program, as the other one cannot be started")
	second := p.start(p.self, env)
	return errors.Join(first, second, os.Remove(file))
}

// start returns only if path cannot be started.
func (p *Programs) start(path string, env []string) error {
	args := append([]string{path}, p.args...)
	err := whileBusy(func() error {
		if p.Flush != nil {
			p.Flush()
		}
		return p.exec(path, args, env)
	})
	return fmt.Errorf("starting %s: %w", path, err)
}

// whileBusy retries start while the program's file is busy. A file that has just been
// written can be busy for a moment: a child process forked at that time holds it open
// until its exec.
func whileBusy(start func() error) error {
	for wait := 10 * time.Millisecond; ; wait *= 2 {
		err := start()
		if !errors.Is(err, syscall.ETXTBSY) || wait > time.Second {
			return err
		}
		time.Sleep(wait)
	}
}

func execve(path string, args, env []string) error { return syscall.Exec(path, args, env) }
