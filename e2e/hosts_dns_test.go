package e2e

import (
	"net"
	"time"

	"github.com/miekg/dns"
)

// pairsLost has a pod ask for both addresses of a name at once, from one socket, as C
// libraries do, n times. It returns how many pairs were not answered within a second, and the
// longest time to both answers of others. Between hosts that translate addresses one of two
// queries is lost now and then, if both make the entry for their connection at the same time.
func (s *hostStage) pairsLost(from member, name string, n int) (lost int, slowest time.Duration) {
	s.t.Helper()
	var conn net.Conn
	var err error
	from.Do(func() { conn, err = net.Dial("udp", "10.0.0.10:53") })
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close()
	for i := range n {
		began := time.Now()
		if !s.pair(conn, name, uint16(2*i)) {
			lost++
			continue
		}
		slowest = max(slowest, time.Since(began))
	}
	return lost, slowest
}

// pair asks one pair, by two ids from the first on, and reports whether both were answered.
func (s *hostStage) pair(conn net.Conn, name string, first uint16) bool {
	s.t.Helper()
	for i, kind := range []uint16{dns.TypeA, dns.TypeAAAA} {
		q := new(dns.Msg).SetQuestion(dns.Fqdn(name), kind)
		q.Id = first + uint16(i)
		b, err := q.Pack()
		if err == nil {
			_, err = conn.Write(b)
		}
		if err != nil {
			s.t.Fatal(err)
		}
	}
	_ = conn.SetReadDeadline(time.Now().Add(time.Second))
	answered, b := map[uint16]bool{}, make([]byte, 512)
	for len(answered) < 2 {
		n, err := conn.Read(b)
		if err != nil {
			return false
		}
		var m dns.Msg
		if m.Unpack(b[:n]) == nil && m.Rcode == dns.RcodeSuccess && m.Id-first < 2 {
			answered[m.Id] = true
		}
	}
	return true
}
