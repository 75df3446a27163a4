package serviceproxy

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// without makes programs of this machine unavailable by these names, until the test ends.
func without(t *testing.T, names ...string) {
	t.Helper()
	bin := t.TempDir()
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		files, _ := os.ReadDir(dir) // some are missing
		for _, f := range files {
			hidden := false
			for _, name := range names {
				hidden = hidden || strings.HasPrefix(f.Name(), name)
			}
			if !hidden {
				_ = os.Symlink(filepath.Join(dir, f.Name()), filepath.Join(bin, f.Name())) // the first one counts
			}
		}
	}
	t.Setenv("PATH", bin)
}

// Services are rules of nftables where it works, of iptables where it does not, and the
// reason is told where neither does.
func TestModes(t *testing.T) {
	newCluster(t) // in a network of its own
	if m, err := supported(t.Context()); m != (byNFTables{}) || err != nil {
		t.Errorf("got %T, %v", m, err)
	}
	t.Run("without nft", func(t *testing.T) {
		without(t, "nft")
		if m, err := supported(t.Context()); m != (byIPTables{}) || err != nil {
			t.Errorf("got %T, %v", m, err)
		}
	})
	t.Run("with a kernel that refuses a kind of rule", func(t *testing.T) {
		refuses := t.TempDir()
		script := fmt.Sprintf("#!/bin/sh\ncase \"$*\" in *--check*) echo 'Error: Could not process rule: Operation not supported' >&2; exit 1;; esac\nPATH=%s exec nft \"$@\"\n", os.Getenv("PATH"))
		if err := os.WriteFile(filepath.Join(refuses, "nft"), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
		t.Setenv("PATH", refuses+":"+os.Getenv("PATH"))
		if m, err := supported(t.Context()); m != (byIPTables{}) || err != nil {
			t.Errorf("got %T, %v", m, err)
		}
	})
	t.Run("with neither", func(t *testing.T) {
		without(t, "nft", "iptables")
		_, err := supported(t.Context())
		if !errors.Is(err, ErrUnsupported) || !errors.Is(err, exec.ErrNotFound) || !strings.Contains(err.Error(), "iptables-save") {
			t.Errorf("got %v", err)
		}
	})
}

// By iptables services work the same, come back after a reload of the firewall, and leave
// nothing.
func TestIPTables(t *testing.T) {
	c := newCluster(t, service(), endpoints("10.244.1.6", "10.244.1.7"))
	c.host.Do(func() { c.host.Command("iptables", "-w", "-t", "nat", "-S") }) // makes iptables' own tables
	p := c.newProxy()
	p.mode = byIPTables{}
	if err := guard(t.Context(), p.cfg.Cluster, p.cfg.Services); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.proxy(ctx) }()
	for _, network := range []string{"tcp", "udp"} {
		c.await(c.client, network, serviceIP+":80", "10.244.1.5 ")
		c.await(c.host, network, serviceIP+":80", hostIP+" ")
		c.await(c.outside, network, hostIP+":30080", hostIP+" ")
		c.await(c.servers[0], network, serviceIP+":80", "10.244.1.6")
	}
	if got := c.client.Ask("tcp", "10.0.0.99:80", 1); !strings.Contains(got, "refused") && !strings.Contains(got, "unreachable") {
		t.Errorf("a service that does not exist: %s", got)
	}
	c.host.Do(func() {
		c.host.Command("iptables", "-t", "nat", "-F")
		c.host.Command("iptables", "-t", "nat", "-X")
	})
	if err := p.repair(t.Context()); err != nil {
		t.Error(err)
	}
	c.await(c.client, "tcp", serviceIP+":80", "10.244.1.5 ")
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := errors.Join(p.removeRules(t.Context()), unguard(t.Context(), guardTable(p.cfg.Cluster))); err != nil {
		t.Error(err)
	}
	if s := c.host.State(); strings.Contains(s, "KUBE-") || strings.Contains(s, guardPrefix) {
		t.Errorf("left behind:\n%s", s)
	}
}
