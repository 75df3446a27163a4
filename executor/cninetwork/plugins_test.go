package cninetwork

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/podnetwork"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cniplugins"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/netnstest"
)

func TestMain(m *testing.M) { os.Exit(netnstest.Main(m)) }

// node is a host with a network of the CNI project's own plugins.
type node struct {
	*Network
	t      *testing.T
	cfg    Config
	leases string
}

// newNode writes a configuration, in which LEASES and NAME stand for the test's own.
func newNode(t *testing.T, conf string) *node {
	t.Helper()
	n := &node{t: t, leases: t.TempDir(), cfg: Config{BinDirs: []string{cniplugins.Dir(t)}, ConfDir: t.TempDir(), Dir: t.TempDir()}}
	n.configure("10-net.conflist", conf)
	n.restart()
	return n
}

func (n *node) configure(file, conf string) {
	n.t.Helper()
	conf = strings.ReplaceAll(conf, "LEASES", n.leases)
	if err := os.WriteFile(filepath.Join(n.cfg.ConfDir, file), []byte(conf), 0o600); err != nil {
		n.t.Fatal(err)
	}
}

// restart makes the network anew, as another process does.
func (n *node) restart() {
	n.t.Helper()
	var err error
	if n.Network, err = New(n.cfg); err != nil {
		n.t.Fatal(err)
	}
}

// pod is a pod's namespace that is attached.
type pod struct {
	*netnstest.Namespace
	podnetwork.Pod
	addresses []netip.Addr
}

func (n *node) pod(name string, changes ...func(*podnetwork.Pod)) *pod {
	n.t.Helper()
	p := &pod{Namespace: netnstest.New(n.t)}
	p.Pod = podnetwork.Pod{Name: "default/" + name, Sandbox: "sandbox-" + name, Netns: p.Path, UID: "uid-" + name}
	for _, change := range changes {
		change(&p.Pod)
	}
	if err := n.Attach(n.t.Context(), p.Pod); err != nil {
		n.t.Fatal(err)
	}
	p.addresses = n.Addresses(p.Sandbox)
	return p
}

// held returns the addresses that host-local has given out.
func (n *node) held() (all []string) {
	n.t.Helper()
	files, err := filepath.Glob(filepath.Join(n.leases, "*", "[0-9]*"))
	if err != nil {
		n.t.Fatal(err)
	}
	for _, file := range files {
		all = append(all, filepath.Base(file))
	}
	return all
}

// passing matches what changes with every packet, and what is the bridge's.
var passing = regexp.MustCompile(`packets \d+ bytes \d+|(?m)^.*kmcni0.*$`)

// state returns the lines that the host's state consists of. Their order is the plugins'.
func state(host *netnstest.Namespace) string {
	lines := strings.Split(passing.ReplaceAllString(host.State(), ""), "\n")
	slices.Sort(lines)
	return strings.Join(slices.Compact(lines), "\n")
}

// records returns how many pods the network keeps files of.
func (n *node) records() int {
	files, _ := filepath.Glob(filepath.Join(n.cfg.Dir, "*", "*")) // the pattern is valid
	return len(files)
}

const bridge = `{"cniVersion": "1.0.0", "name": "kmtest", "plugins": [
	{"type": "bridge", "bridge": "kmcni0", "isGateway": true, "ipMasq": true, "hairpinMode": true,
	 "ipam": {"type": "host-local", "dataDir": "LEASES", "routes": [{"dst": "0.0.0.0/0"}, {"dst": "::/0"}],
	  "ranges": [[{"subnet": "10.88.1.0/24"}], [{"subnet": "fd00:88::/64"}]]}},
	{"type": "portmap", "capabilities": {"portMappings": true}}, {"type": "firewall"}]}`

const ptp = `{"cniVersion": "0.4.0", "name": "kmtest", "type": "ptp", "ipMasq": true,
	"ipam": {"type": "host-local", "dataDir": "LEASES", "subnet": "10.88.2.0/24", "routes": [{"dst": "0.0.0.0/0"}]}}`

// Pods on a bridge reach each other and are reached by a host port; in the end they have
// left nothing, though another process detaches them, by a configuration that has changed.
func TestBridge(t *testing.T) {
	host := netnstest.Host(t)
	n := newNode(t, bridge)
	if err := n.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	first := n.pod("first", func(p *podnetwork.Pod) {
		p.Ports = []podnetwork.Port{{Protocol: "tcp", HostPort: 31080, PodPort: 8080}}
	})
	before := ""
	t.Cleanup(func() { host.Do(func() { host.Command("ip", "link", "delete", "kmcni0") }) }) // it is the plugin's
	if got := fmt.Sprint(first.addresses); got != "[10.88.1.2 fd00:88::2]" {
		t.Errorf("addresses %s", got)
	}
	if err := n.Detach(t.Context(), first.Sandbox); err != nil {
		t.Fatal(err)
	}
	before = state(host) // with the chains that plugins keep
	if err := n.Attach(t.Context(), first.Pod); err != nil {
		t.Fatal(err)
	}
	first.addresses = n.Addresses(first.Sandbox)
	second := n.pod("second")
	first.Serve(8080, first.addresses[0])
	for _, to := range first.addresses {
		if got := second.Ask("tcp", netip.AddrPortFrom(to, 8080).String(), 9000); !strings.HasPrefix(got, second.addresses[0].String()+" ") && !strings.HasPrefix(got, second.addresses[1].String()+" ") {
			t.Errorf("second asks first at %s: %s", to, got)
		}
	}
	if got := host.Ask("tcp", "127.0.0.1:31080", 1); !strings.HasSuffix(got, " 1") {
		t.Errorf("the host port: %s", got)
	}
	if err := n.Attach(t.Context(), first.Pod); err != nil || fmt.Sprint(n.Addresses(first.Sandbox)) != fmt.Sprint(first.addresses) {
		t.Errorf("attached again: %v, %v", n.Addresses(first.Sandbox), err)
	}
	n.configure("10-net.conflist", ptp)
	n.restart()
	if got := n.Addresses(second.Sandbox); fmt.Sprint(got) != fmt.Sprint(second.addresses) {
		t.Errorf("after a restart: %v, want %v", got, second.addresses)
	}
	for range 2 {
		for _, p := range []*pod{first, second} {
			if err := n.Detach(t.Context(), p.Sandbox); err != nil {
				t.Error(err)
			}
		}
	}
	if after := state(host); after != before {
		t.Errorf("left behind:\n%s\nbefore:\n%s", after, before)
	}
	if len(n.held()) > 0 || n.records() > 0 {
		t.Errorf("addresses %v are held, %d files are kept", n.held(), n.records())
	}
}

// A configuration of one plugin, and of an older version, works as well. Pods whose
// sandboxes are gone are detached, and so is one whose attachment was cut short.
func TestPtp(t *testing.T) {
	host := netnstest.Host(t)
	before := state(host)
	n := newNode(t, bridge)
	if err := os.Remove(filepath.Join(n.cfg.ConfDir, "10-net.conflist")); err != nil {
		t.Fatal(err)
	}
	n.configure("20-net.conf", ptp)
	a, b := n.pod("a"), n.pod("b")
	a.Serve(8080)
	if got := b.Ask("tcp", netip.AddrPortFrom(a.addresses[0], 8080).String(), 1); got != b.addresses[0].String()+" 1" {
		t.Errorf("b asks a: %s", got)
	}
	short := n.pod("short")
	r, _ := n.record(short.Sandbox)
	r.Addresses = nil // as if the process had ended before
	if err := n.put(short.Sandbox, r); err != nil {
		t.Fatal(err)
	}
	n.restart()
	if got := n.Addresses(short.Sandbox); len(got) > 0 {
		t.Errorf("a pod that is not attached has %v", got)
	}
	if err := n.Attach(t.Context(), short.Pod); err != nil || len(n.Addresses(short.Sandbox)) != 1 {
		t.Errorf("attached again: %v, %v", n.Addresses(short.Sandbox), err)
	}
	n.Keep(nil) // none of its own pods is one that was removed before
	if r, _ := n.record(short.Sandbox); r.Ending {
		t.Error("a pod of this process is to be detached")
	}
	n.restart()
	n.Keep([]string{a.Sandbox})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- n.Run(ctx) }()
	for end := time.Now().Add(20 * time.Second); n.records() > 2 && time.Now().Before(end); { // the pod's file and the library's
		<-time.After(10 * time.Millisecond)
	}
	cancel()
	if err := <-ended; err != nil || len(n.held()) != 1 {
		t.Errorf("kept one pod: %v, addresses %v", err, n.held())
	}
	for range 2 {
		if err := n.Remove(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if after := state(host); after != before || len(n.held()) > 0 {
		t.Errorf("addresses %v are held; left behind:\n%s\nbefore:\n%s", n.held(), after, before)
	}
}
