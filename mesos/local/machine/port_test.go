package machine

import (
	"net"
	"testing"
)

// A reserved port can be listened on repeatedly, refuses connections meanwhile, and
// cannot be the local end of a connection, which would meet itself there.
func TestReservePort(t *testing.T) {
	t.Parallel()
	socket, addr, err := ReservePort()
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	same, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if c, err := net.DialTCP("tcp", same, same); err == nil {
			c.Close()
			t.Fatalf("a connection from %s met itself", addr)
		}
		l, err := net.Listen("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		l.Close()
	}
}
