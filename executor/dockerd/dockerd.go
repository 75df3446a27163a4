// Package dockerd finds the Docker daemon of this machine as a process: where it
// listens, and who it is. It speaks to the kernel only, not to Docker.
package dockerd

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"os"

	"golang.org/x/sys/unix"
)

// usual is where Docker listens by default.
const usual = "unix:///var/run/docker.sock"

// Endpoint returns the daemon's endpoint: the one given, or DOCKER_HOST, or the default
// socket.
func Endpoint(given string) string {
	return cmp.Or(given, os.Getenv("DOCKER_HOST"), usual)
}

// ErrHidden means that a daemon answers whose process is not visible from here: it is
// in another pid namespace.
var ErrHidden = errors.New("the process of Docker's daemon is in a pid namespace that cannot be seen from here")

// Socket returns the path of an endpoint that is a unix socket, and otherwise "".
func Socket(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "unix" {
		return ""
	}
	return u.Path
}

// Process returns the process that listens at an endpoint: the daemon, or the init
// system if that holds the socket for it. The endpoint must be a unix socket
// (SO_PEERCRED, unix(7)).
func Process(endpoint string) (int, error) {
	path := Socket(endpoint)
	if path == "" {
		return 0, fmt.Errorf("docker endpoint %s is not a unix socket, so the process of the daemon cannot be found", endpoint)
	}
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	defer unix.Close(fd)
	if err := unix.Connect(fd, &unix.SockaddrUnix{Name: path}); err != nil {
		return 0, fmt.Errorf("docker socket %s: %w", path, err)
	}
	peer, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil {
		return 0, fmt.Errorf("docker socket %s: %w", path, err)
	}
	if peer.Pid == 0 {
		return 0, ErrHidden
	}
	return int(peer.Pid), nil
}
