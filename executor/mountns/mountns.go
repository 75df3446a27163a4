// Package mountns brings a program into the mount namespace of the Docker daemon.
//
// A Mesos agent may give executors a mount namespace of their own. What is mounted
// there, as the kubelet does for secrets, configuration and memory, exists for
// this program only: Docker would bind an empty directory into the container.
package mountns

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockerd"
)

// marker is in the environment of a program that has just been restarted in another
// namespace. It is removed at once, so anything this program starts or becomes later
// decides for itself.
const marker = "KUBERNETES_MESOS_MOUNT_NAMESPACE_ENTERED"

// Enter moves this process into the mount namespace of the Docker daemon at endpoint.
// main calls it first, since it does not return if it has to change something: the
// same program starts again from its beginning, in the daemon's namespace, in the
// same process and with the same arguments, environment and open files. A Go program
// cannot be moved in any other way: its threads cannot change their namespace
// together.
//
// note describes the change, for the log. The error says why Docker does not, or may
// not, see the mounts of this process.
func Enter(endpoint string) (note string, err error) {
	_, again := os.LookupEnv(marker)
	if err := os.Unsetenv(marker); err != nil {
		return "", err
	}
	pid, err := daemon(endpoint)
	if err != nil {
		return "", err
	}
	own, err := namespace("self")
	if err != nil {
		return "", err
	}
	theirs, err := namespace(strconv.Itoa(pid))
	switch {
	case err != nil:
		return "", fmt.Errorf("the mount namespace of Docker's daemon: %w", err)
	case own == theirs && again:
		return entered(), nil
	case own == theirs:
		return "", nil
	case again:
		return "", fmt.Errorf("this process was moved to the mount namespace of process %d and is still in another one", pid)
	}
	return "", restart(pid, dockerd.Socket(endpoint))
}

// daemon returns the process whose mounts count: the listener on Docker's socket, or
// the machine's first process if the listener is unknown.
func daemon(endpoint string) (int, error) {
	self, err := os.Readlink("/proc/self")
	if err != nil {
		return 0, err
	}
	if self != strconv.Itoa(os.Getpid()) {
		return 0, errors.New("/proc shows another pid namespace than that of this process")
	}
	pid, err := dockerd.Process(endpoint)
	if errors.Is(err, dockerd.ErrHidden) {
		return 0, err
	}
	return cmp.Or(pid, 1), nil
}

func namespace(process string) (string, error) { return os.Readlink("/proc/" + process + "/ns/mnt") }

// entered describes where the program runs now, and what is different there.
func entered() string {
	const moved = "the agent gave this executor a mount namespace of its own: now in that of Docker's daemon"
	if dir := sandbox(); dir != "" && !isDir(dir) {
		return moved + ", where the sandbox " + dir + " is not visible: relative paths of files that flags or " +
			"the environment name no longer lead there; what is written to standard output and error still does"
	}
	return moved
}

// sandbox returns the executor's directory as the machine sees it.
func sandbox() string { return cmp.Or(os.Getenv("MESOS_DIRECTORY"), os.Getenv("MESOS_SANDBOX")) }

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
