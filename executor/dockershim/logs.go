package dockershim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim/spec"
)

// linkLog makes path, where the kubelet looks for a container's log, a link to the
// file that Docker writes; the kubelet reads Docker's format. It is called before
// the container starts, so the log of a running container is always found.
func linkLog(path, file string) error {
	if path == "" {
		return nil
	}
	if target, err := os.Readlink(path); err == nil && target == file {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("container log: %w", err)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("container log: %w", err)
	}
	if err := os.Symlink(file, path); err != nil {
		return fmt.Errorf("container log: %w", err)
	}
	return nil
}

// unlinkLog removes the link of container id and nothing else.
func unlinkLog(path, id string) error {
	if path == "" {
		return nil
	}
	target, err := os.Readlink(path)
	if err != nil || !strings.Contains(target, id) {
		return nil
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("container log: %w", err)
	}
	return nil
}

// ReopenContainerLog starts a new log after the kubelet has moved away the link to
// the old one. Docker itself rotates logs, losing no line, before they reach the
// kubelet's limit; this is for kubelets with a lower limit. Docker cannot be made to
// reopen its file, so a copy of the file replaces the moved link, and the file is
// truncated; a line written between the two steps is lost.
func (s *containers) ReopenContainerLog(ctx context.Context, req *runtimeapi.ReopenContainerLogRequest) (*runtimeapi.ReopenContainerLogResponse, error) {
	r, err := s.inventory.find(ctx, req.ContainerId, spec.TypeContainer)
	if err != nil {
		return nil, err
	}
	if r.Log == "" {
		return nil, spec.Invalid("%s has no log file", r)
	}
	d, err := s.inventory.engine.Daemon(ctx)
	if err != nil {
		return nil, err
	}
	file := d.LogFile(req.ContainerId)
	moved, err := movedLogs(r.Log, file)
	if err != nil {
		return nil, fmt.Errorf("log of %s: %w", r, err)
	}
	for _, link := range moved {
		if err := cutLog(file, link); err != nil {
			return nil, fmt.Errorf("log of %s: %w", r, err)
		}
	}
	return &runtimeapi.ReopenContainerLogResponse{}, linkLog(r.Log, file)
}

// movedLogs returns links to file next to path whose name is path and a suffix.
func movedLogs(path, file string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	var moved []string
	for _, e := range entries {
		name := filepath.Join(filepath.Dir(path), e.Name())
		if target, err := os.Readlink(name); err == nil && target == file && strings.HasPrefix(name, path+".") {
			moved = append(moved, name)
		}
	}
	return moved, nil
}

// cutLog replaces link by a copy of file and truncates file, to which Docker keeps
// appending.
func cutLog(file, link string) error {
	from, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.CreateTemp(filepath.Dir(link), ".rotating-")
	if err != nil {
		return err
	}
	defer os.Remove(to.Name()) // it has another name after success
	defer to.Close()
	if _, err := io.Copy(to, from); err != nil {
		return err
	}
	if err := from.Truncate(0); err != nil {
		return err
	}
	return os.Rename(to.Name(), link)
}
