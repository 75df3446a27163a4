package clusterdns

import (
	"context"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/netnstest"
)

func TestMain(m *testing.M) { os.Exit(netnstest.Main(m)) }

// answering answers every query with an address of its own, until the test ends.
func answering(t *testing.T, at, says string) *dns.Server {
	t.Helper()
	udp, err := net.ListenPacket("udp", at)
	if err != nil {
		t.Fatal(err)
	}
	up := make(chan struct{})
	s := &dns.Server{PacketConn: udp, NotifyStartedFunc: func() { close(up) }, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		m.Answer = []dns.RR{&dns.A{Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET}, A: net.ParseIP(says)}}
		_ = w.WriteMsg(m)
	})}
	go func() { _ = s.ActivateAndServe() }()
	<-up
	t.Cleanup(func() { _ = s.Shutdown() })
	return s
}

// While a host's own server is silent, its queries go to others, though nobody is left who
// would make rules; when it answers again they are back.
func TestDetour(t *testing.T) {
	host := netnstest.Host(t)
	const own, other = "10.1.0.1:4053", "10.1.0.2:4054"
	host.Do(func() {
		for _, args := range [][]string{{"ip", "address", "add", "10.1.0.1/32", "dev", "lo"}, {"ip", "address", "add", "10.1.0.2/32", "dev", "lo"},
			{"ip", "route", "add", "10.0.0.0/24", "dev", "lo", "src", "10.1.0.1"},
			{"nft", "add table ip proxy; add chain ip proxy output { type nat hook output priority -100; }; add rule ip proxy output ip daddr 10.0.0.10 udp dport 53 dnat to " + own}} {
			host.Command(args[0], args[1:]...)
		}
	})
	t.Cleanup(func() { host.Do(func() { host.Command("nft", "delete table ip proxy") }) })
	mine := answering(t, own, "192.0.2.1")
	answering(t, other, "192.0.2.2")
	d := &detour{own: netip.MustParseAddrPort(own), service: netip.MustParseAddr("10.0.0.10"), domain: "cluster.local", owner: "f/a"}
	live := func() (end func()) {
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			d.run(ctx, func() []netip.AddrPort { return []netip.AddrPort{netip.MustParseAddrPort(other)} }, func(err error) { t.Error(err) })
		}()
		return func() { cancel(); <-ended }
	}
	await := func(want string, within time.Duration) {
		t.Helper()
		began, got := time.Now(), ""
		for got != want {
			if time.Since(began) > within {
				t.Fatalf("after %v %q answers, want %s", within, got, want)
			}
			got = ""
			q := new(dns.Msg).SetQuestion("web.", dns.TypeA)
			if m, _, err := (&dns.Client{Timeout: 100 * time.Millisecond}).Exchange(q, "10.0.0.10:53"); err == nil {
				got = m.Answer[0].(*dns.A).A.String()
			}
		}
		t.Logf("%s answers after %v", want, time.Since(began))
	}
	die := live()
	for end := time.Now().Add(5 * time.Second); ; {
		out, _ := exec.Command("nft", "list", "set", "ip", tableName("f/a"), "answers").Output()
		if strings.Contains(string(out), "0.0.0.0") { // the rules are there, and the server is alive
			break
		}
		if time.Now().After(end) {
			t.Fatalf("no answer of the server is seen: %s", out)
		}
	}
	await("192.0.2.1", time.Second)
	die()
	_ = mine.Shutdown()
	await("192.0.2.2", 2*time.Second)
	answering(t, own, "192.0.2.1")
	defer live()()
	await("192.0.2.1", 5*time.Second)
	for range 2 {
		if err := Remove(t.Context(), "f/a"); err != nil {
			t.Error(err)
		}
	}
}
