package local

import (
	"errors"
	"fmt"
	"os"
	osuser "os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// sandbox returns an executor's directory, laid out under work_dir as Mesos does.
func sandbox(workDir string, a *agent, ex *executor) string {
	return filepath.Join(workDir, "slaves", a.id, "frameworks", ex.framework.id,
		"executors", ex.info.ExecutorId.GetValue(), "runs", ex.container)
}

// makeSandbox makes the directory and the link "latest" next to it.
func makeSandbox(directory string, owner owner) error {
	if err := os.MkdirAll(filepath.Dir(directory), 0o755); err != nil {
		return err
	}
	if err := os.Mkdir(directory, 0o750); err != nil {
		return err
	}
	latest := filepath.Join(filepath.Dir(directory), "latest")
	if err := os.Remove(latest); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.Symlink(filepath.Base(directory), latest); err != nil {
		return err
	}
	return owner.own(directory)
}

// complain writes an error to the place where people look for it.
func complain(directory string, problem error) {
	f, err := os.OpenFile(filepath.Join(directory, "stderr"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return
	}
	defer f.Close()
	fmt.Fprintln(f, problem)
}

// gcDelay is how long sandboxes of an earlier run are kept. (Mesos: --gc_delay)
const gcDelay = 7 * 24 * time.Hour

// prepareWorkDir makes the directory and removes old sandboxes of earlier runs.
func prepareWorkDir(dir string) error {
	if err := os.MkdirAll(filepath.Join(dir, "slaves"), 0o755); err != nil {
		return err
	}
	agents, err := os.ReadDir(filepath.Join(dir, "slaves"))
	if err != nil {
		return err
	}
	for _, a := range agents {
		if info, err := a.Info(); err == nil && time.Since(info.ModTime()) > gcDelay {
			os.RemoveAll(filepath.Join(dir, "slaves", a.Name()))
		}
	}
	return os.RemoveAll(filepath.Join(dir, "fetch"))
}

// owner is the account that owns an executor and its files; the zero value is our
// own.
type owner struct {
	other    bool
	uid, gid int
}

// lookUp finds the account with that name. Only root can become another user, so for
// everyone else any name is fine.
func lookUp(name string) (owner, error) {
	if name == "" || os.Getuid() != 0 {
		return owner{}, nil
	}
	u, err := osuser.Lookup(name)
	if err != nil {
		return owner{}, fmt.Errorf("no such user %q", name)
	}
	uid, err1 := strconv.Atoi(u.Uid)
	gid, err2 := strconv.Atoi(u.Gid)
	if err := errors.Join(err1, err2); err != nil {
		return owner{}, err
	}
	return owner{uid != 0, uid, gid}, nil
}

func (o owner) own(path string) error {
	if !o.other {
		return nil
	}
	return os.Lchown(path, o.uid, o.gid)
}

func (o owner) credential() *syscall.Credential {
	if !o.other {
		return nil
	}
	return &syscall.Credential{Uid: uint32(o.uid), Gid: uint32(o.gid)}
}
