package clusterdns

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"
	v1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/client-go/rest"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/netnstest"
)

func resolvConf(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "resolv.conf")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// start runs a server until the test ends or stop is called, and returns where it answers.
func start(t testing.TB, client *rest.Config, resolvers string, sockets *Sockets) (at string, stop func()) {
	t.Helper()
	netnstest.Host(t) // with its loopback interface up
	serving := make(chan uint16, 1)
	s, err := New(Config{Client: client, Domain: "cluster.local", Address: nodeAddress,
		Resolvers: resolvers, Sockets: sockets, Serving: func(_ context.Context, port uint16) { serving <- port }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	stop = func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		ended <- nil
	}
	t.Cleanup(stop)
	select {
	case port := <-serving:
		return netip.AddrPortFrom(nodeAddress, port).String(), stop
	case err := <-ended:
		t.Fatal("the server has ended: ", err)
	}
	return "", nil
}

// asks returns the answers to a query, without their time to live, or the code.
func asks(t testing.TB, network, at, name, kind string) string {
	t.Helper()
	q := new(dns.Msg).SetQuestion(dns.Fqdn(name), dns.StringToType[kind])
	answer, _, err := (&dns.Client{Net: network, Timeout: 5 * time.Second}).Exchange(q, at)
	if err != nil {
		return err.Error()
	}
	var all []string
	for _, rr := range answer.Answer {
		fields := strings.Fields(rr.String())
		all = append(all, strings.Join(fields[3:], " "))
	}
	if len(all) == 0 {
		return dns.RcodeToString[answer.Rcode]
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

func headless(s *v1.Service) { s.Spec.ClusterIP, s.Spec.ClusterIPs = "None", []string{"None"} }

// What https://github.com/kubernetes/dns/blob/master/docs/specification.md, version 1.1.0,
// says of each kind of name.
func TestSpecification(t *testing.T) {
	t.Parallel()
	client := api(t, []v1.Service{
		service("web", "10.0.0.20"),
		service("six", "fd00::20"),
		service("db", "", headless),
		service("out", "", func(s *v1.Service) {
			s.Spec.Type, s.Spec.ClusterIPs, s.Spec.ExternalName = v1.ServiceTypeExternalName, nil, "www.example.com"
		}),
	}, []discoveryv1.EndpointSlice{
		slice("web", discoveryv1.AddressTypeIPv4, map[string]string{"": "10.244.1.5"}),
		slice("db", discoveryv1.AddressTypeIPv4, map[string]string{"db-0": "10.244.1.7", "db-1": "10.244.2.7"}),
		slice("db", discoveryv1.AddressTypeIPv6, map[string]string{"db-0": "fd00:1::7"}),
	})
	at, _ := start(t, client, resolver(t, "127.0.77.1", outside), &Sockets{})
	const zone = ".default.svc.cluster.local"
	for _, c := range []struct{ section, name, kind, want string }{
		{"2.2", "dns-version.cluster.local", "TXT", `TXT "1.1.0"`},
		{"2.3.1", "web" + zone, "A", "A 10.0.0.20"},
		{"2.3.1", "six" + zone, "AAAA", "AAAA fd00::20"},
		{"2.3.1", "web" + zone, "AAAA", "NOERROR"},
		{"2.3.2", "_http._tcp.web" + zone, "SRV", "SRV 0 100 80 web.default.svc.cluster.local."},
		{"2.3.3", "20.0.0.10.in-addr.arpa", "PTR", "PTR web.default.svc.cluster.local."},
		{"2.4.1", "db" + zone, "A", "A 10.244.1.7, A 10.244.2.7"},
		{"2.4.1", "db" + zone, "AAAA", "AAAA fd00:1::7"},
		{"2.4.1", "db-0.db" + zone, "A", "A 10.244.1.7"},
		{"2.4.2", "_http._tcp.db" + zone, "SRV", "SRV 0 33 8080 db-0.db.default.svc.cluster.local., SRV 0 33 8080 db-1.db.default.svc.cluster.local."},
		{"2.4.3", "7.1.244.10.in-addr.arpa", "PTR", "PTR db-0.db.default.svc.cluster.local."},
		{"2.5", "out" + zone, "A", "A 198.51.100.7, CNAME www.example.com."},
		{"pods", "10-244-0-5.default.pod.cluster.local", "A", "A 10.244.0.5"},
		{"pods", "10-244-0-5.nowhere.pod.cluster.local", "A", "NXDOMAIN"},
		{"no service", "none" + zone, "A", "NXDOMAIN"},
		{"search", "www.example.com" + zone, "A", "NXDOMAIN"},
		{"outside", "www.example.com", "A", "A 198.51.100.7"},
	} {
		for _, network := range []string{"udp", "tcp"} {
			if got := asks(t, network, at, c.name, c.kind); got != c.want {
				t.Errorf("%s: %s of %s by %s: %s, want %s", c.section, c.kind, c.name, network, got, c.want)
			}
		}
	}
}

// Without a resolver the names of the cluster are known all the same, and others are
// answered at once; a resolver that is named later is used.
func TestResolversComeAndGo(t *testing.T) {
	t.Parallel()
	file := resolvConf(t, "search example.com\n")
	at, _ := start(t, api(t, []v1.Service{service("web", "10.0.0.20")}, nil), file, &Sockets{})
	for name, want := range map[string]string{"web.default.svc.cluster.local": "A 10.0.0.20", "www.example.com": "SERVFAIL"} {
		if got := asks(t, "udp", at, name, "A"); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	var asked atomic.Int32
	named := resolver(t, "127.0.77.2", func(w dns.ResponseWriter, q *dns.Msg) { asked.Add(1); outside(w, q) })
	if err := os.Rename(named, file); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(3 * rereadPeriod); asked.Load() == 0 && time.Now().Before(end); {
		asks(t, "udp", at, fmt.Sprint(time.Now().UnixNano(), ".example.com"), "A")
	}
	for range 50 {
		if got := asks(t, "udp", at, "kept.example.com", "A"); got != "A 198.51.100.7" {
			t.Fatalf("with a resolver: %s", got)
		}
	}
	if n := asked.Load(); n == 0 || n > 40 {
		t.Errorf("the resolver was asked %d times", n)
	}
}

// The port is kept from one server to the next, and a query between them waits.
func TestQueriesWaitForTheNextServer(t *testing.T) {
	t.Parallel()
	client := api(t, []v1.Service{service("web", "10.0.0.20")}, nil)
	sockets := &Sockets{}
	t.Cleanup(sockets.Close)
	before, stop := start(t, client, resolvConf(t, ""), sockets)
	stop()
	got := make(chan string, 2)
	for _, network := range []string{"udp", "tcp"} {
		go func() { got <- asks(t, network, before, "web.default.svc.cluster.local", "A") }()
	}
	passed := NewSockets(sockets.Descriptors()) // as another program has them
	if after, _ := start(t, client, resolvConf(t, ""), passed); after != before {
		t.Errorf("the server was at %s, is at %s", before, after)
	}
	port := netip.MustParseAddrPort(before).Port()
	for what, wanted := range map[string]netip.AddrPort{"taken": netip.AddrPortFrom(nodeAddress, port), "free": netip.AddrPortFrom(netip.MustParseAddr("127.0.77.3"), port)} {
		other := &Sockets{}
		t.Cleanup(other.Close)
		if udp, tcp, err := other.open(wanted); err != nil || (at(udp.LocalAddr()) == wanted) != (what == "free") {
			t.Errorf("a port that is %s: %v, wanted %v: %v", what, udp.LocalAddr(), wanted, err)
		} else {
			_, _ = udp.Close(), tcp.Close()
		}
	}
	for range 2 {
		if answer := <-got; answer != "A 10.0.0.20" {
			t.Errorf("a query between two servers: %s", answer)
		}
	}
}

// Whoever is neither a pod nor a node is refused.
func TestNoOpenResolver(t *testing.T) {
	t.Parallel()
	s, err := New(Config{Client: &rest.Config{}, Domain: "cluster.local", Address: netip.MustParseAddr("203.0.113.1"), Sockets: &Sockets{},
		Inside: []netip.Prefix{netip.MustParsePrefix("10.244.0.0/16")}})
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{"10.244.3.4": true, "203.0.113.1": true, "127.0.0.1": true, "203.0.113.2": false, "::1": true, "2001:db8::1": false} {
		if s.allows(netip.MustParseAddr(text)) != want {
			t.Errorf("%s: answered %v, want %v", text, !want, want)
		}
	}
	s.SetInside([]netip.Prefix{netip.MustParsePrefix("203.0.113.2/32")})
	if !s.allows(netip.MustParseAddr("203.0.113.2")) || s.allows(netip.MustParseAddr("10.244.3.4")) {
		t.Error("who is answered has not changed")
	}
	s.SetInside(nil) // others give pods their addresses
	for text, want := range map[string]bool{"10.9.8.7": true, "192.168.3.4": true, "100.64.1.2": true, "fd00::9": true, "203.0.113.2": false, "2001:db8::1": false} {
		if s.allows(netip.MustParseAddr(text)) != want {
			t.Errorf("%s, where pods' ranges are not known: answered %v, want %v", text, !want, want)
		}
	}
	if _, err := New(Config{Domain: "cluster.local"}); err == nil {
		t.Error("a server without address is accepted")
	}
}

// BenchmarkQuery is a name of the cluster over UDP, among a thousand services.
func BenchmarkQuery(b *testing.B) {
	var all []v1.Service
	for i := range 1000 {
		all = append(all, service(fmt.Sprint("web", i), fmt.Sprintf("10.0.%d.%d", 1+i/250, 1+i%250)))
	}
	at, _ := start(b, api(b, all, nil), resolvConf(b, ""), &Sockets{})
	var times []time.Duration
	for b.Loop() {
		began := time.Now()
		if got := asks(b, "udp", at, "web7.default.svc.cluster.local", "A"); got != "A 10.0.1.8" {
			b.Fatal(got)
		}
		times = append(times, time.Since(began))
	}
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)*95/100].Microseconds())/1000, "p95-ms")
}
