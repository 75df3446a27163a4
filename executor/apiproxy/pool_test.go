package apiproxy

import (
	"errors"
	"net"
	"slices"
	"testing"
)

func addrsOf(servers []*server) []string {
	var addrs []string
	for _, s := range servers {
		addrs = append(addrs, s.addr)
	}
	return addrs
}

func (p *pool) named(addr string) *server {
	return p.servers[slices.IndexFunc(p.servers, func(s *server) bool { return s.addr == addr })]
}

// A list replaces the previous one: servers that stay keep their state, and those that
// leave are returned, to be cut off for good.
func TestPoolSet(t *testing.T) {
	t.Parallel()
	var p pool
	if left := p.set([]string{"a", "b", "a"}); len(left) > 0 || !slices.Equal(addrsOf(p.servers), []string{"a", "b"}) {
		t.Errorf("left %v, servers %v", addrsOf(left), addrsOf(p.servers))
	}
	a, b := p.named("a"), p.named("b")
	failed := errors.New("refused")
	p.record(a, failed)
	left := p.set([]string{"c", "a"})
	if !slices.Equal(addrsOf(left), []string{"b"}) || !slices.Equal(addrsOf(p.servers), []string{"c", "a"}) {
		t.Errorf("left %v, servers %v", addrsOf(left), addrsOf(p.servers))
	}
	if p.named("a") != a || a.dead != failed {
		t.Error("a has lost its state")
	}
	if p.record(b, nil); b.dead != errLeft {
		t.Errorf("a server that has left counts as live again: %v", b.dead)
	}
}

// New connections go to one server until it fails, and then stay with the next one.
func TestPoolPick(t *testing.T) {
	t.Parallel()
	var p pool
	if p.pick() != nil {
		t.Error("an empty pool has a server")
	}
	p.set([]string{"a", "b"})
	failed := errors.New("refused")
	for _, step := range []struct {
		addr string
		err  error
		want string // "": none
	}{
		{"b", nil, "a"}, {"a", failed, "b"}, {"a", nil, "b"}, {"b", failed, "a"}, {"a", failed, ""}, {"b", nil, "b"},
	} {
		p.record(p.named(step.addr), step.err)
		got := p.pick()
		if (got == nil) != (step.want == "") || got != nil && got.addr != step.want {
			t.Errorf("after %s: %v, picked %+v, want %q", step.addr, step.err, got, step.want)
		}
	}
	p.set([]string{"a"})
	if got := p.pick(); got != nil {
		t.Errorf("picked %s, which has left or does not live", got.addr)
	}
}

// Only servers with connections are probed, and none if there is no alternative; only
// where one lives do others lose their connections.
func TestPoolProbes(t *testing.T) {
	t.Parallel()
	var p pool
	p.set([]string{"a", "b", "c"})
	one, other := net.Pipe()
	defer one.Close()
	defer other.Close()
	p.named("b").conns[one] = true
	if used := p.used(); !slices.Equal(addrsOf(used), []string{"b"}) || !slices.Equal(addrsOf(p.others(used)), []string{"a", "c"}) {
		t.Errorf("used %v, others %v", addrsOf(used), addrsOf(p.others(used)))
	}
	failed := errors.New("refused")
	p.record(p.named("b"), failed)
	if got := addrsOf(p.failing()); !slices.Equal(got, []string{"b"}) {
		t.Errorf("failing %v", got)
	}
	p.record(p.named("a"), failed)
	p.record(p.named("c"), failed)
	if got := p.failing(); len(got) > 0 {
		t.Errorf("none lives, and %v are cut off", addrsOf(got))
	}
	p.set([]string{"b"})
	if got := p.used(); len(got) > 0 {
		t.Errorf("a lone server is probed: %v", addrsOf(got))
	}
	p.named("b").cut()
	if _, err := other.Write([]byte("x")); err == nil {
		t.Error("a connection was not cut")
	}
}

// A server is an https URL; without a port it is on 443. One that is not makes the whole
// list invalid.
func TestAddresses(t *testing.T) {
	t.Parallel()
	got, err := addresses([]string{"https://a", "https://b:6443", "https://[fd00::1]:1/", "https://10.0.0.1"})
	if want := []string{"a:443", "b:6443", "[fd00::1]:1", "10.0.0.1:443"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	for _, bad := range []string{"", "a:6443", "http://a", "https://", "https://:6443", "https://a:b:c", "\x00"} {
		if got, err := addresses([]string{"https://a", bad}); err == nil {
			t.Errorf("%q is accepted: %q", bad, got)
		}
	}
	if _, err := addresses(nil); err == nil {
		t.Error("an empty list is accepted")
	}
}
