package localport

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// Sizes and offsets of inet_diag_req_v2 and inet_diag_msg (linux/inet_diag.h).
// Both hold an inet_diag_sockid: ports and addresses in network byte order.
const (
	requestLen = 56
	requestID  = 8
	answerLen  = 72
	answerID   = 4
	answerUID  = 64
	answerNode = 68

	idSource, idTarget, idEnd, idCookie = 4, 20, 36, 40
)

// peerUID returns the uid of the process at the other end of c. It asks the kernel for
// the socket whose own address is our peer's and whose peer is us.
func peerUID(c net.Conn) (uint32, error) {
	peer, us := c.RemoteAddr().(*net.TCPAddr).AddrPort(), c.LocalAddr().(*net.TCPAddr).AddrPort()
	want := socketID(peer, us)
	answer, err := askDiag(family(peer), want)
	if err != nil {
		return 0, err
	}
	// If no socket has this pair, the kernel answers with a listener on the peer's port.
	if string(answer[answerID:answerID+idEnd]) != string(want[:idEnd]) {
		return 0, errors.New("no socket of this machine has this connection")
	}
	// The kernel reports uid 0 for a socket that its process has closed.
	if binary.NativeEndian.Uint32(answer[answerNode:]) == 0 {
		return 0, errors.New("it has closed its socket")
	}
	return binary.NativeEndian.Uint32(answer[answerUID:]), nil
}

func family(a netip.AddrPort) byte {
	if a.Addr().Unmap().Is4() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}

// socketID returns the inet_diag_sockid of the socket from source to target.
func socketID(source, target netip.AddrPort) []byte {
	id := make([]byte, requestLen-requestID)
	binary.BigEndian.PutUint16(id, source.Port())
	binary.BigEndian.PutUint16(id[2:], target.Port())
	copy(id[idSource:], source.Addr().Unmap().AsSlice())
	copy(id[idTarget:], target.Addr().Unmap().AsSlice())
	binary.NativeEndian.PutUint64(id[idCookie:], ^uint64(0)) // any
	return id
}

// askDiag returns the kernel's inet_diag_msg about one TCP socket.
func askDiag(family byte, id []byte) ([]byte, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.NETLINK_INET_DIAG)
	if err != nil {
		return nil, fmt.Errorf("socket diagnostics: %w", err)
	}
	defer unix.Close(fd)
	timeout := unix.NsecToTimeval(time.Second.Nanoseconds())
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &timeout); err != nil {
		return nil, fmt.Errorf("socket diagnostics: %w", err)
	}
	request := make([]byte, unix.NLMSG_HDRLEN, unix.NLMSG_HDRLEN+requestLen)
	binary.NativeEndian.PutUint32(request, unix.NLMSG_HDRLEN+requestLen)
	binary.NativeEndian.PutUint16(request[4:], unix.SOCK_DIAG_BY_FAMILY)
	binary.NativeEndian.PutUint16(request[6:], unix.NLM_F_REQUEST)
	request = append(request, family, unix.IPPROTO_TCP, 0, 0)
	request = append(request, 0xff, 0xff, 0xff, 0xff) // in any state
	request = append(request, id...)
	if err := unix.Sendto(fd, request, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return nil, fmt.Errorf("socket diagnostics: %w", err)
	}
	answer := make([]byte, 4096)
	n, _, err := unix.Recvfrom(fd, answer, 0)
	if err != nil {
		return nil, fmt.Errorf("socket diagnostics: %w", err)
	}
	return diagMessage(answer[:n])
}

// diagMessage returns the message of a netlink answer, without the header.
func diagMessage(b []byte) ([]byte, error) {
	if len(b) < unix.NLMSG_HDRLEN+4 {
		return nil, errors.New("socket diagnostics: a short answer")
	}
	kind, b := binary.NativeEndian.Uint16(b[4:]), b[unix.NLMSG_HDRLEN:]
	if kind == unix.NLMSG_ERROR {
		return nil, fmt.Errorf("socket diagnostics: %w", unix.Errno(-int32(binary.NativeEndian.Uint32(b))))
	}
	if kind != unix.SOCK_DIAG_BY_FAMILY || len(b) < answerLen {
		return nil, fmt.Errorf("socket diagnostics: an answer of kind %d with %d bytes", kind, len(b))
	}
	return b, nil
}
