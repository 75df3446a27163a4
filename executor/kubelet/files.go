package kubelet

import (
	"os"
	"path/filepath"
	"strings"

	kubecontainer "k8s.io/kubernetes/pkg/kubelet/container"
)

// hostLogs is where kubelets link each container's log for the host's log collectors.
// It is outside of the root directory and nothing would remove the links, so this
// kubelet makes none: the logs are under <root>/logs/pods.
const hostLogs = "/var/log/containers"

// ownFiles is the operating system as the kubelet sees it, without hostLogs.
type ownFiles struct{ kubecontainer.RealOS }

// Symlink makes no link in hostLogs.
func (f ownFiles) Symlink(oldname, newname string) error {
	if inHostLogs(newname) {
		return nil
	}
	return f.RealOS.Symlink(oldname, newname)
}

// MkdirAll does not make hostLogs.
func (f ownFiles) MkdirAll(path string, perm os.FileMode) error {
	if inHostLogs(path) {
		return nil
	}
	return f.RealOS.MkdirAll(path, perm)
}

func inHostLogs(path string) bool {
	path = filepath.Clean(path)
	return path == hostLogs || strings.HasPrefix(path, hostLogs+"/")
}
