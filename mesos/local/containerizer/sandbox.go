package containerizer

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Sandbox returns an executor's directory below workDir, laid out as Mesos does.
func Sandbox(workDir, agent, framework, executor, container string) string {
	return filepath.Join(workDir, "slaves", agent, "frameworks", framework, "executors", executor, "runs", container)
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

// PrepareWorkDir makes the directory and removes old sandboxes and the cache of earlier
// runs.
func PrepareWorkDir(dir string) error {
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

func removeAll(paths []string) {
	for _, p := range paths {
		os.Remove(p)
	}
}
