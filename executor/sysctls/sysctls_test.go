package sysctls

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/hostlock"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/netnstest"
)

func TestMain(m *testing.M) { os.Exit(netnstest.Main(m)) }

const (
	forward   = "net/ipv4/ip_forward"
	redirects = "net/ipv4/conf/all/accept_redirects"
	of        = "net/ipv4/conf/lo/forwarding"
)

// host has parameters, and executors that come and go.
type host struct {
	*testing.T
	locks hostlock.Dir
}

func newHost(t *testing.T) host {
	t.Helper()
	locks, err := hostlock.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return host{t, locks}
}

func (h host) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h host) comes() *Parameters {
	h.Helper()
	p, err := Join(h.Context(), h.locks)
	h.must(err)
	return p
}

func (h host) forwards(p *Parameters) {
	h.Helper()
	h.must(p.Set(h.Context(), forward, "1", redirects, "net/ipv4/conf/*/forwarding"))
}

// leaves ends an executor that leaves no pods, on a host that needs these parameters.
func (h host) leaves(p *Parameters, needed ...string) {
	h.Helper()
	h.must(p.Leave(h.Context(), func() (bool, []string, error) { return true, needed, nil }))
}

// leavesOthers ends one while there are others, which it asks nothing about.
func (h host) leavesOthers(p *Parameters) {
	h.Helper()
	h.must(p.Leave(h.Context(), func() (bool, []string, error) {
		h.Error("asked before it is the last one")
		return false, nil, nil
	}))
}

// killed ends an executor without a word.
func (h host) killed(p *Parameters) {
	h.Helper()
	h.must(errors.Join(p.machine.member.Release(), p.namespace.member.Release()))
}

func (h host) admin(name, value string) {
	h.Helper()
	h.must(os.WriteFile("/proc/sys/"+name, []byte(value), 0))
}

// shows checks parameters, each as name=value.
func (h host) shows(want ...string) {
	h.Helper()
	for _, w := range want {
		name, value, _ := strings.Cut(w, "=")
		got, err := os.ReadFile("/proc/sys/" + name)
		h.must(err)
		if strings.TrimSpace(string(got)) != value {
			h.Errorf("%s is %s, want %s", name, got, value)
		}
	}
}

func (h host) nothingLeft() {
	h.Helper()
	path, err := h.locks.Path("")
	h.must(err)
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) > 0 {
		h.Errorf("left are %v, %v", left, err)
	}
}

// Each story begins on a host that forwards nothing, and tells what it does in the end.
func TestParameters(t *testing.T) {
	for name, story := range map[string]struct {
		tell func(host)
		ends string
	}{
		"one executor": {func(h host) {
			p := h.comes()
			h.forwards(p)
			h.shows(forward+"=1", of+"=1")
			h.leaves(p)
		}, "0"},
		"the last of several": {func(h host) {
			p, q := h.comes(), h.comes()
			h.forwards(p)
			h.forwards(q)
			h.leavesOthers(p)
			h.shows(forward + "=1")
			h.leaves(q)
		}, "0"},
		"all are killed, and others come": {func(h host) {
			p, q := h.comes(), h.comes()
			h.forwards(p)
			h.forwards(q)
			h.killed(p)
			h.killed(q)
			next := h.comes()
			h.forwards(next)
			h.leaves(next)
		}, "0"},
		"killed between record and change": {func(h host) {
			p := h.comes()
			h.must(p.namespace.write(map[string]found{forward: {Was: "0", Set: "1"}}))
			h.killed(p)
			h.leaves(h.comes())
		}, "0"},
		"somebody else had set it already": {func(h host) {
			h.admin(forward, "1")
			p := h.comes()
			h.forwards(p)
			h.leaves(p)
		}, "1"},
		"somebody else takes it back before the next executor comes": {func(h host) {
			p := h.comes()
			h.forwards(p)
			h.admin(forward, "0")
			h.killed(p)
			next := h.comes()
			h.forwards(next)
			h.leaves(next)
		}, "0"},
		"pods are left": {func(h host) {
			p := h.comes()
			h.forwards(p)
			h.must(p.Leave(h.Context(), func() (bool, []string, error) { return false, nil, nil }))
			h.shows(forward + "=1")
			h.leaves(h.comes())
		}, "0"},
		"somebody else needs it by now": {func(h host) {
			p := h.comes()
			h.forwards(p)
			h.leaves(p, forward)
		}, "1"},
		"somebody else needs another one": {func(h host) {
			p := h.comes()
			h.forwards(p)
			h.leaves(p, "net/ipv6/*", "net/ipv4/*/ip_forward")
		}, "0"},
		"it is not known what others need": {func(h host) {
			p, unknown := h.comes(), errors.New("links of this host")
			h.forwards(p)
			if err := p.Leave(h.Context(), func() (bool, []string, error) { return true, nil, unknown }); !errors.Is(err, unknown) {
				h.Error(err)
			}
			h.shows(forward + "=1")
			h.leaves(h.comes())
		}, "0"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t)
			h.admin(forward, "0")
			story.tell(h)
			h.shows(forward + "=" + story.ends)
			h.nothingLeft()
		})
	}
}

// What the kernel changes together with a parameter is put back, too: a host that takes no
// redirects does not take them afterwards.
func TestTogether(t *testing.T) {
	h := newHost(t)
	h.admin(forward, "0")
	h.admin(redirects, "0")
	h.admin(of, "1")
	p := h.comes()
	h.forwards(p)
	h.leaves(p)
	h.shows(forward+"=0", redirects+"=0", of+"=1")
}

// What is needed still may be named by a pattern.
func TestNeededPattern(t *testing.T) {
	h := newHost(t)
	const accepts = "net/ipv6/conf/lo/accept_ra"
	h.admin(accepts, "1")
	p := h.comes()
	h.must(p.Set(h.Context(), accepts, "2"))
	h.leaves(p, "net/ipv6/conf/*/accept_ra")
	h.shows(accepts + "=2")
	h.nothingLeft()
}

// Executors in network namespaces of their own share what belongs to the machine alone: it is put
// back by the last one of all, what belongs to a namespace by its last one.
func TestNamespaces(t *testing.T) {
	const overcommit = "vm/overcommit_memory"
	h, proc := newHost(t), t.TempDir()
	machine := filepath.Join(proc, overcommit)
	h.must(errors.Join(os.Mkdir(filepath.Dir(machine), 0o700), os.WriteFile(machine, []byte("0\n"), 0o600)))
	shows := func(want string) {
		t.Helper()
		if got, err := os.ReadFile(machine); err != nil || strings.TrimSpace(string(got)) != want {
			t.Errorf("%s is %s, want %s: %v", overcommit, got, want, err)
		}
	}
	comes := func() *Parameters {
		h.admin(forward, "0")
		p := h.comes()
		p.machine.proc = proc
		h.must(p.Set(t.Context(), overcommit, "1"))
		h.forwards(p)
		return p
	}
	a, b := netnstest.New(t), netnstest.New(t)
	var first, second *Parameters
	a.Do(func() { first = comes() })
	b.Do(func() { second = comes() })
	a.Do(func() {
		h.leaves(first)
		h.shows(forward + "=0")
	})
	shows("1")
	b.Do(func() {
		h.shows(forward + "=1")
		h.leaves(second)
		h.shows(forward + "=0")
	})
	shows("0")
	h.nothingLeft()
}

// What does not exist on a host is an error, which names it.
func TestAbsent(t *testing.T) {
	h := newHost(t)
	if err := h.comes().Set(t.Context(), "net/ipv4/none", "1"); err == nil || !strings.Contains(err.Error(), "net/ipv4/none") {
		t.Error(err)
	}
}
