package dockershim

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// linkLog makes path, where the kubelet looks for a container's log, a link to
// the file that Docker writes; the kubelet reads Docker's format. The link comes
// before the container starts: no container runs without its log being found.
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
