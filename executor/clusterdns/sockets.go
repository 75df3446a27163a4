package clusterdns

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
)

// Sockets are the sockets of a server, UDP and TCP at the same port. They stay open between
// two runs of a server, and can be passed on to the next program of this process, so that
// queries wait instead of being refused.
type Sockets struct {
	mu       sync.Mutex
	udp, tcp *os.File // nil until they are open
}

// The names of the sockets among the descriptors.
const (
	nameUDP = "dns-udp"
	nameTCP = "dns-tcp"
)

// NewSockets returns the sockets that an earlier program passed on, see Descriptors, or
// such as are opened when a server needs them.
func NewSockets(descriptors map[string]int) *Sockets {
	s := &Sockets{}
	for name, file := range map[string]**os.File{nameUDP: &s.udp, nameTCP: &s.tcp} {
		if fd, given := descriptors[name]; given {
			*file = os.NewFile(uintptr(fd), name)
		}
	}
	return s
}

// Descriptors returns the descriptors of the open sockets, for the next program.
func (s *Sockets) Descriptors() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[string]int{}
	for name, file := range map[string]*os.File{nameUDP: s.udp, nameTCP: s.tcp} {
		if file != nil {
			all[name] = int(file.Fd())
		}
	}
	return all
}

// Close closes the sockets.
func (s *Sockets) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.close()
}

func (s *Sockets) close() {
	for _, file := range []**os.File{&s.udp, &s.tcp} {
		if *file != nil {
			_ = (*file).Close() // nothing has been written
		}
		*file = nil
	}
}

// open returns the sockets at address, which its caller closes; the originals stay open. It
// opens new ones if there are none, or if the node has another address now: at the port that
// is wanted, or at any.
func (s *Sockets) open(wanted netip.AddrPort) (net.PacketConn, net.Listener, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.udp != nil && s.tcp != nil {
		udp, tcp, err := use(s.udp, s.tcp)
		if err == nil && at(udp.LocalAddr()) == at(tcp.Addr()) && at(udp.LocalAddr()).Addr() == wanted.Addr() {
			return udp, tcp, nil
		}
		if err == nil {
			_, _ = udp.Close(), tcp.Close()
		}
	}
	s.close()
	var err error
	for range attempts {
		if s.udp, s.tcp, err = listen(wanted); err == nil {
			return use(s.udp, s.tcp)
		}
		wanted = netip.AddrPortFrom(wanted.Addr(), 0)
	}
	return nil, nil, err
}

// attempts is how often a port is tried that must be free for UDP and TCP.
const attempts = 20

// listen opens both sockets. The kernel chooses port 0.
func listen(wanted netip.AddrPort) (udp, tcp *os.File, err error) {
	t, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(wanted))
	if err != nil {
		return nil, nil, err
	}
	defer t.Close()
	u, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at(t.Addr())))
	if err != nil {
		return nil, nil, err
	}
	defer u.Close()
	if udp, err = u.File(); err != nil {
		return nil, nil, err
	}
	if tcp, err = t.File(); err != nil {
		return nil, nil, errors.Join(err, udp.Close())
	}
	return udp, tcp, nil
}

// use returns copies of the sockets.
func use(udp, tcp *os.File) (net.PacketConn, net.Listener, error) {
	u, err := net.FilePacketConn(udp)
	if err != nil {
		return nil, nil, fmt.Errorf("the socket %s: %w", udp.Name(), err)
	}
	t, err := net.FileListener(tcp)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("the socket %s: %w", tcp.Name(), err), u.Close())
	}
	return u, t, nil
}

// at returns the address of a socket, the zero value if it is none of IP.
func at(a net.Addr) netip.AddrPort {
	p, _ := netip.ParseAddrPort(a.String())
	return netip.AddrPortFrom(p.Addr().Unmap(), p.Port())
}
