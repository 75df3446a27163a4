package podnetwork

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// place is a network namespace with a thread in it.
type place struct {
	t     *testing.T
	path  string
	calls chan func()
}

// newPlace makes a network namespace of its own, which lasts until the test ends.
func newPlace(t *testing.T) *place {
	t.Helper()
	p := &place{t: t, calls: make(chan func())}
	made := make(chan error)
	go func() {
		runtime.LockOSThread() // for good: the thread ends with its goroutine
		err := unix.Unshare(unix.CLONE_NEWNET)
		p.path = fmt.Sprintf("/proc/%d/task/%d/ns/net", os.Getpid(), unix.Gettid())
		made <- err
		for f := range p.calls {
			f()
		}
	}()
	if err := <-made; err != nil {
		t.Fatalf("a network namespace: %v", err)
	}
	t.Cleanup(func() { close(p.calls) })
	p.do(func() { p.command("ip", "link", "set", "lo", "up") })
	return p
}

// do calls f on the thread of the place.
func (p *place) do(f func()) {
	p.t.Helper()
	done := make(chan struct{})
	p.calls <- func() { defer close(done); f() }
	<-done
}

// command runs a command; it is called within do.
func (p *place) command(name string, args ...string) string {
	p.t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		p.t.Errorf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// wire connects two places by a veth pair with these addresses.
func wire(a, b *place, name, addressA, addressB string) {
	a.t.Helper()
	a.do(func() {
		ns, err := netns.GetFromPath(b.path)
		if err != nil {
			a.t.Fatal(err)
		}
		defer ns.Close()
		attrs := netlink.NewLinkAttrs()
		attrs.Name = name
		if err := netlink.LinkAdd(&netlink.Veth{LinkAttrs: attrs, PeerName: name, PeerNamespace: netlink.NsFd(ns)}); err != nil {
			a.t.Fatal(err)
		}
	})
	for p, address := range map[*place]string{a: addressA, b: addressB} {
		p.do(func() {
			p.command("ip", "address", "add", address, "dev", name)
			p.command("ip", "link", "set", name, "up")
		})
	}
}

// serve answers each TCP connection at address with the source address that it sees, after
// reading what the client sends, and each UDP packet likewise.
func (p *place) serve(port int) {
	p.t.Helper()
	p.do(func() {
		l, err := net.Listen("tcp", fmt.Sprintf(":%d", port))
		if err != nil {
			p.t.Fatal(err)
		}
		p.t.Cleanup(func() { l.Close() })
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				go func() {
					defer c.Close()
					_ = c.SetDeadline(time.Now().Add(5 * time.Second))
					got := make([]byte, 64<<10)
					n, _ := c.Read(got)
					source := netip.MustParseAddrPort(c.RemoteAddr().String()).Addr().Unmap()
					fmt.Fprintf(c, "%s %d", source, n)
				}()
			}
		}()
		u, err := net.ListenPacket("udp", fmt.Sprintf(":%d", port))
		if err != nil {
			p.t.Fatal(err)
		}
		p.t.Cleanup(func() { u.Close() })
		go func() {
			got := make([]byte, 64<<10)
			for {
				n, from, err := u.ReadFrom(got)
				if err != nil {
					return
				}
				source := netip.MustParseAddrPort(from.String()).Addr().Unmap()
				_, _ = u.WriteTo(fmt.Appendf(nil, "%s %d", source, n), from)
			}
		}()
	})
}

// ask sends size bytes to an address and returns the answer, or the error.
func (p *place) ask(network, address string, size int) (answer string) {
	p.t.Helper()
	p.do(func() {
		c, err := net.DialTimeout(network, address, 3*time.Second)
		if err != nil {
			answer = err.Error()
			return
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(3 * time.Second))
		if _, err := c.Write(make([]byte, size)); err != nil {
			answer = err.Error()
			return
		}
		got := make([]byte, 100)
		n, err := c.Read(got)
		if err != nil {
			answer = err.Error()
			return
		}
		answer = string(got[:n])
	})
	return answer
}

// state returns all that a host knows about links, routes and rules.
func (p *place) state() string {
	p.t.Helper()
	var all strings.Builder
	p.do(func() {
		for _, args := range [][]string{
			{"ip", "-br", "link"}, {"ip", "route", "show", "table", "all"}, {"ip", "-6", "route"}, {"ip", "neigh"},
			{"nft", "list", "ruleset"}, {"iptables-save"}, {"ip6tables-save"},
		} {
			for line := range strings.Lines(p.command(args[0], args[1:]...)) {
				if !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, ":") {
					all.WriteString(line)
				}
			}
		}
	})
	return all.String()
}
