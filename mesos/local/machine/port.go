package machine

import (
	"net"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// ReservePort takes a loopback port for an agent, as long as the file is open. The agent
// listens on the same port. While it is stopped, connections are refused as if
// nothing were there, but the port cannot become the local end of a connection, not
// even one that an executor makes to itself: the agent could not be started again
// then.
func ReservePort() (socket *os.File, addr string, err error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, "", os.NewSyscallError("socket", err)
	}
	socket = os.NewFile(uintptr(fd), "port of an agent")
	err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
	}
	var name unix.Sockaddr
	if err == nil {
		name, err = unix.Getsockname(fd)
	}
	if err != nil {
		socket.Close()
		return nil, "", os.NewSyscallError("bind", err)
	}
	return socket, net.JoinHostPort("127.0.0.1", strconv.Itoa(name.(*unix.SockaddrInet4).Port)), nil
}
