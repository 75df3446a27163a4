package podnetwork

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/netnstest"
)

// A host port that a process of the host or a pod of another executor uses is refused, with
// the reason, and free again afterwards.
func TestHostPortInUse(t *testing.T) {
	t.Parallel()
	h := newHost(t, 1)
	second, err := New(Config{Ranges: []netip.Prefix{netip.MustParsePrefix("10.244.9.0/24")}, Owner: "framework-1/agent-9", MTU: 1500})
	if err != nil {
		t.Fatal(err)
	}
	other := &host{Namespace: h.Namespace, t: t, net: second, pods: 50}
	other.prepare()
	one, another := netip.MustParseAddr("192.168.99.1"), netip.MustParseAddr("192.168.99.2")
	other.newPod(Port{Protocol: "udp", HostPort: 31001, PodPort: 80}, Port{Protocol: "tcp", HostIP: one, HostPort: 31003, PodPort: 80})
	var tcp net.Listener
	h.Do(func() {
		if tcp, err = net.Listen("tcp", "127.0.0.1:31002"); err != nil {
			t.Fatal(err)
		}
	})
	attach := func(protocol string, ip netip.Addr, port uint16) (err error) {
		ns := netnstest.New(t)
		h.Do(func() {
			err = h.net.Attach(context.Background(), Pod{Name: "default/p", Sandbox: "s", Netns: ns.Path,
				Addresses: []netip.Addr{netip.MustParseAddr("10.244.1.9")}, Ports: []Port{{Protocol: protocol, HostIP: ip, HostPort: port, PodPort: 80}}})
			err = errors.Join(err, h.net.Detach(context.Background(), "s"))
		})
		return err
	}
	const pod, process = "by a pod of another executor", "by a process of this machine"
	everywhere := netip.Addr{}
	for _, row := range []struct {
		protocol string
		ip       netip.Addr
		port     uint16
		says     string
	}{
		{"udp", everywhere, 31001, pod}, {"udp", one, 31001, pod}, {"tcp", everywhere, 31003, pod}, {"tcp", one, 31003, pod},
		{"tcp", netip.IPv4Unspecified(), 31003, pod}, {"tcp", everywhere, 31002, process},
	} {
		if err := attach(row.protocol, row.ip, row.port); err == nil || !strings.Contains(err.Error(), row.says) {
			t.Errorf("%v: %v", row, err)
		}
	}
	if err := errors.Join(tcp.Close(), attach("tcp", everywhere, 31001), attach("tcp", everywhere, 31002), attach("tcp", another, 31003)); err != nil {
		t.Errorf("free ports: %v", err)
	}
}

// ask sends a packet and returns the answer, or why there is none.
func ask(c net.Conn) string {
	_ = c.SetDeadline(time.Now().Add(3 * time.Second))
	answer := make([]byte, 100)
	if _, err := c.Write([]byte("?")); err != nil {
		return err.Error()
	}
	n, err := c.Read(answer)
	if err != nil {
		return err.Error()
	}
	return string(answer[:n])
}

// A client that goes on sending to a UDP host port reaches the pod that has it now.
func TestUDPHostPortMoves(t *testing.T) {
	t.Parallel()
	h := newHost(t, 1)
	port := Port{Protocol: "udp", HostPort: 31053, PodPort: 80}
	first := h.newPod(port)
	var client net.Conn
	h.Do(func() {
		var err error
		if client, err = net.Dial("udp", "192.168.99.1:31053"); err != nil {
			t.Fatal(err)
		}
	})
	t.Cleanup(func() { _ = client.Close() })
	if got := ask(client); !strings.HasSuffix(got, " 1") {
		t.Fatalf("the first pod: %s", got)
	}
	h.Do(func() {
		if err := h.net.Detach(t.Context(), first.Sandbox); err != nil {
			t.Fatal(err)
		}
	})
	h.newPod(port)
	if got := ask(client); !strings.HasSuffix(got, " 1") {
		t.Errorf("the second pod, by the same socket: %s", got)
	}
}

// A pod is connected after it was admitted, and not if it is refused.
func TestAdmit(t *testing.T) {
	t.Parallel()
	h := newHost(t, 1)
	h.net.cfg.Admit = func(_ context.Context, p Pod) error {
		if h.net.Addresses(p.Sandbox) != nil {
			t.Error("connected before it is admitted")
		}
		return fmt.Errorf("no policies for %s yet", p.Name)
	}
	ns := netnstest.New(t)
	h.Do(func() {
		err := h.net.Attach(context.Background(), Pod{Name: "default/p", Sandbox: "s", Netns: ns.Path, Addresses: []netip.Addr{netip.MustParseAddr("10.244.1.9")}})
		if err == nil || !strings.Contains(err.Error(), "no policies for default/p") || h.net.Addresses("s") != nil {
			t.Errorf("got %v", err)
		}
	})
}
