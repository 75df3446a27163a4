package e2e

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
	v1 "k8s.io/api/core/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/netnstest"
)

// BenchmarkNetwork compares ways through the network of pods in one run, alternately, by
// medians: a service with its pod, for a new connection and for an exchange on one; and
// throughput of one connection, routed links with Docker's bridge on the same host, and
// pods of two hosts with these hosts themselves, for neighbours and across a router. And it
// measures how long a name takes from a pod; the goal for 95 of 100 is 1 ms.
func BenchmarkNetwork(b *testing.B) {
	for range b.N {
		s := newHostStage(b)
		pods := []member{s.start("near", near), s.start("near-too", nearToo), s.start("far", far)}
		local := s.start("local", near)
		var services []*v1.Service
		for _, p := range pods {
			services = append(services, s.service(p.Name, func(*v1.ServiceSpec) {}))
			p.Echo(port)
		}
		for i, at := range pods[nearToo:] {
			service := net.JoinHostPort(services[i+1].Spec.ClusterIP, fmt.Sprint(port))
			s.expect("near reaches "+at.Name, "yes", func() string { return pods[near].Reaches("tcp", service) })
			direct, by := latencies(b, pods[near].Namespace, at.at(), service)
			b.ReportMetric(float64(median(direct.connect).Microseconds()), "us-connection-"+at.Name)
			b.ReportMetric(ratio(by.connect, direct.connect), "x-service-connection-"+at.Name)
			b.ReportMetric(float64(median(direct.exchange).Microseconds()), "us-exchange-"+at.Name)
			b.ReportMetric(ratio(by.exchange, direct.exchange), "x-service-exchange-"+at.Name)
		}

		named := resolving(b, pods[near].Namespace)
		b.ReportMetric(median(named).Seconds()*1000, "ms-name")
		b.ReportMetric(percentile(named, 95).Seconds()*1000, "ms-name-p95")
		one, other := s.bridged(near), s.bridged(near)
		for _, row := range []struct {
			name           string
			from, to       *netnstest.Namespace
			address        string
			bare, bareTo   *netnstest.Namespace
			addressOfBares string
		}{
			{"docker0", pods[near].Namespace, local.Namespace, local.ip, one, other, addressOf(other)},
			{"veth-host-gw", pods[near].Namespace, pods[nearToo].Namespace, pods[nearToo].ip,
				s.agents[near].Namespace, s.agents[nearToo].Namespace, s.agents[nearToo].Address.String()},
			{"veth-vxlan", pods[near].Namespace, pods[far].Namespace, pods[far].ip,
				s.agents[near].Namespace, s.agents[far].Namespace, s.agents[far].Address.String()},
		} {
			ours, bare := sink(b, row.to), sink(b, row.bareTo)
			var got, best []time.Duration
			for range 25 {
				got = append(got, transfer(b, row.from, row.address, ours))
				best = append(best, transfer(b, row.bare, row.addressOfBares, bare))
			}
			b.ReportMetric(amount*8/1e9/median(got).Seconds(), "Gbit/s-"+row.name)
			b.ReportMetric(ratio(best, got), "x-throughput-of-"+row.name)
		}
		s.Stop()
	}
}

// resolving returns how long names of the cluster take from a pod, each from a new socket.
func resolving(b *testing.B, from *netnstest.Namespace) (all []time.Duration) {
	b.Helper()
	from.Do(func() {
		for range 2000 {
			q := new(dns.Msg).SetQuestion("kubernetes.default.svc.cluster.local.", dns.TypeA)
			answer, took, err := (&dns.Client{Timeout: 5 * time.Second}).Exchange(q, "10.0.0.10:53")
			if err != nil || len(answer.Answer) != 1 {
				b.Errorf("the name of the API server: %v, %v", answer, err)
				return
			}
			all = append(all, took)
		}
	})
	return all
}

// ratio compares medians.
func ratio(a, b []time.Duration) float64 { return median(a).Seconds() / median(b).Seconds() }

// bridged runs a container on an agent's host with Docker's bridge.
func (s *hostStage) bridged(agent int) *netnstest.Namespace {
	s.t.Helper()
	h := s.agents[agent]
	return h.Container(h.Docker.Docker("run", "--detach", s.image, "sleep", "10000"))
}

// addressOf returns the IPv4 address of a namespace's interface eth0.
func addressOf(ns *netnstest.Namespace) (address string) {
	ns.Do(func() {
		fields := strings.Fields(ns.Command("ip", "-4", "-o", "address", "show", "dev", "eth0"))
		for i, f := range fields[:len(fields)-1] {
			if f == "inet" {
				address = netip.MustParsePrefix(fields[i+1]).Addr().String()
			}
		}
	})
	return address
}

// latency is what small exchanges with a server of Echo take.
type latency struct{ connect, exchange []time.Duration }

// latencies measures two ways to a server of Echo, alternately.
func latencies(b *testing.B, from *netnstest.Namespace, direct, service string) (latency, latency) {
	b.Helper()
	var all [2]latency
	for range 500 {
		for i, address := range []string{direct, service} {
			began := time.Now()
			conn := dialFrom(b, from, address)
			ping(b, conn)
			all[i].connect = append(all[i].connect, time.Since(began))
			for range 4 {
				began = time.Now()
				ping(b, conn)
				all[i].exchange = append(all[i].exchange, time.Since(began))
			}
			conn.Close()
		}
	}
	return all[0], all[1]
}

func dialFrom(b *testing.B, from *netnstest.Namespace, address string) (conn net.Conn) {
	b.Helper()
	var err error
	from.Do(func() { conn, err = net.DialTimeout("tcp", address, 5*time.Second) })
	if err != nil {
		b.Fatal(err)
	}
	return conn
}

// ping exchanges a byte.
func ping(b *testing.B, conn net.Conn) {
	b.Helper()
	one := []byte{1}
	if _, err := conn.Write(one); err != nil {
		b.Fatal(err)
	}
	if _, err := conn.Read(one); err != nil {
		b.Fatal(err)
	}
}

// amount is how many bytes a transfer has.
const amount = 1 << 28

// sink reads connections to their ends and then answers a byte. It returns its port.
func sink(b *testing.B, at *netnstest.Namespace) (port int) {
	b.Helper()
	var l net.Listener
	var err error
	at.Do(func() { l, err = net.Listen("tcp", ":0") })
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			buffer := make([]byte, 256<<10)
			for err == nil {
				_, err = conn.Read(buffer)
			}
			_, _ = conn.Write([]byte{1})
			conn.Close()
		}
	}()
	return l.Addr().(*net.TCPAddr).Port
}

// transfer returns how long it takes until all bytes have arrived at a sink.
func transfer(b *testing.B, from *netnstest.Namespace, address string, port int) time.Duration {
	b.Helper()
	conn := dialFrom(b, from, net.JoinHostPort(address, fmt.Sprint(port)))
	defer conn.Close()
	buffer := make([]byte, 256<<10)
	began := time.Now()
	for range amount / len(buffer) {
		if _, err := conn.Write(buffer); err != nil {
			b.Fatal(err)
		}
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		b.Fatal(err)
	}
	if _, err := io.ReadAll(conn); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}
