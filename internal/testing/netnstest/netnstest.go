// Package netnstest has hosts for tests: network namespaces with a thread in each, which
// can be wired together and made to serve and to ask.
package netnstest

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/osthread"
	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// Namespace is a network namespace with a thread in it. It lasts until its test ends.
type Namespace struct {
	// Path is a path by which others can open the namespace.
	Path string

	t     testing.TB
	calls chan func()
}

// New makes a network namespace with its loopback interface up.
func New(t testing.TB) *Namespace {
	t.Helper()
	p := inhabit(t, func() error { return unix.Unshare(unix.CLONE_NEWNET) })
	p.Do(func() { p.Command("ip", "link", "set", "lo", "up") })
	return p
}

// Of returns the namespace at a path, such as that of a process or of a container.
func Of(t testing.TB, path string) *Namespace {
	t.Helper()
	ns, err := netns.GetFromPath(path)
	if err != nil {
		t.Fatalf("a network namespace: %v", err)
	}
	defer ns.Close()
	return inhabit(t, func() error { return netns.Set(ns) })
}

// inhabit returns a namespace that a thread of its own enters.
func inhabit(t testing.TB, enter func() error) *Namespace {
	t.Helper()
	p := &Namespace{t: t, calls: make(chan func())}
	made := make(chan error)
	osthread.Go(func() {
		err := enter()
		p.Path = fmt.Sprintf("/proc/%d/task/%d/ns/net", os.Getpid(), unix.Gettid())
		made <- err
		for f := range p.calls {
			f()
		}
	})
	if err := <-made; err != nil {
		t.Fatalf("a network namespace: %v", err)
	}
	t.Cleanup(func() { close(p.calls) })
	return p
}

// Do calls f on the thread of the namespace, and returns when f has. What f calls sees the
// namespace, unless it starts goroutines.
func (p *Namespace) Do(f func()) {
	p.t.Helper()
	done := make(chan struct{})
	p.calls <- func() { defer close(done); f() }
	<-done
}

// Command runs a command; it is called within Do.
func (p *Namespace) Command(name string, args ...string) string {
	p.t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		p.t.Errorf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// Wire connects two namespaces by a veth pair with these addresses; an end
// may have none.
func Wire(a, b *Namespace, name, addressA, addressB string) {
	a.t.Helper()
	a.Do(func() {
		ns, err := netns.GetFromPath(b.Path)
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
	for p, address := range map[*Namespace]string{a: addressA, b: addressB} {
		p.Do(func() {
			if address != "" {
				p.Command("ip", "address", "add", address, "dev", name)
			}
			p.Command("ip", "link", "set", name, "up")
		})
	}
}

// Serve answers at a port, by TCP and by UDP, until the test ends: with the address that
// the request comes from, a space, and the number of its bytes that came at once.
// UDP answers come from one of the addresses at, if any are given.
func (p *Namespace) Serve(port int, at ...netip.Addr) {
	p.t.Helper()
	p.Do(func() {
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
		if len(at) == 0 {
			at = []netip.Addr{{}}
		}
		for _, a := range at {
			u, err := net.ListenUDP("udp", &net.UDPAddr{IP: a.AsSlice(), Port: port})
			if err != nil {
				p.t.Fatal(err)
			}
			p.t.Cleanup(func() { u.Close() })
			go answer(u)
		}
	})
}

// answer answers packets until u is closed.
func answer(u *net.UDPConn) {
	got := make([]byte, 64<<10)
	for {
		n, from, err := u.ReadFromUDPAddrPort(got)
		if err != nil {
			return
		}
		_, _ = u.WriteToUDPAddrPort(fmt.Appendf(nil, "%s %d", from.Addr().Unmap(), n), from)
	}
}

// Ask sends size bytes to a server of Serve and returns the answer, or the error's text.
func (p *Namespace) Ask(network, address string, size int) string {
	p.t.Helper()
	return p.dial(net.Dialer{}, network, address, size)
}

// AskFrom is Ask with a source address.
func (p *Namespace) AskFrom(network string, source netip.Addr, to netip.AddrPort, size int) string {
	p.t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: source.AsSlice()}}
	if network == "udp" {
		d.LocalAddr = &net.UDPAddr{IP: source.AsSlice()}
	}
	return p.dial(d, network, to.String(), size)
}

const patience = 3 * time.Second

func (p *Namespace) dial(d net.Dialer, network, address string, size int) (answer string) {
	p.t.Helper()
	d.Timeout = patience
	p.Do(func() {
		c, err := d.Dial(network, address)
		if err != nil {
			answer = err.Error()
			return
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(patience))
		got := make([]byte, 100)
		n := 0
		if _, err = c.Write(make([]byte, size)); err == nil {
			n, err = c.Read(got)
		}
		if answer = string(got[:n]); err != nil {
			answer = err.Error()
		}
	})
	return answer
}

// Main runs the tests of a package in a network namespace of their own, all of them in the
// same one, for code that uses several threads. TestMain calls it and passes its result to
// os.Exit. Host then returns that namespace.
func Main(m *testing.M) int {
	const inside = "NETNSTEST_INSIDE"
	if os.Getenv(inside) != "" {
		return m.Run()
	}
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Env = append(os.Environ(), inside+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "tests in a network namespace:", err)
		return 1
	}
	return 0
}

// Host returns the namespace of the whole process, after Main.
func Host(t testing.TB) *Namespace {
	t.Helper()
	h := &Namespace{Path: "/proc/self/ns/net", t: t, calls: make(chan func())}
	go func() {
		for f := range h.calls {
			f()
		}
	}()
	t.Cleanup(func() { close(h.calls) })
	h.Do(func() { h.Command("ip", "link", "set", "lo", "up") })
	return h
}

// ownWill matches what comes and goes by itself: counters of rules, and what the kernel
// makes for link-local and multicast addresses, and for IPv6 ones once their link is up.
var ownWill = regexp.MustCompile(`^#|^:|fe80:|ff00:|33:33:|^local [0-9a-f]*:`)

// carrier matches the state of a link, which follows a little after it is set up.
var carrier = regexp.MustCompile(` +(UP|DOWN|UNKNOWN|LOWERLAYERDOWN) +| linkdown |<[A-Z,_-]+>`)

// State returns links, routes, neighbours and firewall rules, to be compared.
func (p *Namespace) State() string {
	p.t.Helper()
	var all strings.Builder
	p.Do(func() {
		for _, args := range [][]string{
			{"ip", "-o", "-br", "link"}, {"ip", "route", "show", "table", "all"}, {"ip", "-6", "route"}, {"ip", "neigh", "show", "nud", "permanent"}, {"bridge", "fdb", "show"},
			{"nft", "list", "ruleset"}, {"iptables-save"}, {"ip6tables-save"},
		} {
			for line := range strings.Lines(p.Command(args[0], args[1:]...)) {
				if !ownWill.MatchString(line) {
					all.WriteString(carrier.ReplaceAllString(line, " "))
				}
			}
		}
	})
	return all.String()
}

// Reaches reports, by "yes" or "no", whether a server of Serve answers within a time that
// is short for one that does not, and long for one that does.
func (p *Namespace) Reaches(network, address string) string {
	p.t.Helper()
	answer := "no"
	p.Do(func() {
		const enough = 700 * time.Millisecond
		c, err := net.DialTimeout(network, address, enough)
		if err != nil {
			return
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(enough))
		if _, err := c.Write([]byte{1}); err != nil {
			return
		}
		if _, err := c.Read(make([]byte, 1)); err == nil {
			answer = "yes"
		}
	})
	return answer
}

// Echo returns each line that a TCP connection to a port sends, until the test ends.
func (p *Namespace) Echo(port int) {
	p.t.Helper()
	p.Do(func() {
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
				go func() { defer c.Close(); _, _ = io.Copy(c, c) }()
			}
		}()
	})
}
