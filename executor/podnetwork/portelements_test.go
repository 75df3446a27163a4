package podnetwork

import (
	"context"
	"errors"
	"net/netip"
	"runtime"
	"strings"
	"testing"

	"github.com/vishvananda/netns"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/netnstest"
)

// Host ports of pods that an earlier process has attached come back when others remove them,
// and end with their pod; those of pods that ended while no process was there are removed.
func TestHostPortsOfAnEarlierProcess(t *testing.T) {
	t.Parallel()
	h := newHost(t, 1)
	kept := h.newPod(Port{Protocol: "tcp", HostPort: 31080, PodPort: 80}, Port{Protocol: "tcp", HostIP: netip.MustParseAddr("fd00:99::1"), HostPort: 31082, PodPort: 80})
	h.newPod(Port{Protocol: "tcp", HostPort: 31081, PodPort: 80})
	cut := h.newPod(Port{Protocol: "tcp", HostPort: 31083, PodPort: 80}) // by the end of its process, while it was detached
	h.Do(func() { h.Command("ip", "link", "delete", h.net.linkName(cut.Sandbox)) })
	var err error
	if h.net, err = New(h.net.cfg); err != nil {
		t.Fatal(err)
	}
	answers := func(address string) bool { return strings.HasSuffix(h.Ask("tcp", address, 1), " 1") }
	h.prepare()
	h.net.Adopt(kept.Sandbox, kept.Addresses)
	h.net.Adopt(cut.Sandbox, cut.Addresses)
	if !answers("127.0.0.1:31080") || !answers("127.0.0.1:31081") {
		t.Error("ports of an earlier process lead nowhere")
	}
	h.Do(func() { h.Command("nft", "flush", "ruleset") })
	h.prepare()
	if !answers("127.0.0.1:31080") || !answers("[fd00:99::1]:31082") {
		t.Error("the ports do not come back")
	}
	h.prune()
	if !answers("127.0.0.1:31080") || answers("127.0.0.1:31081") {
		t.Error("the port of a pod that is gone is there, or that of a pod that is not is gone")
	}
	if found := h.elements(); found != 5 {
		t.Errorf("%d elements, want the 5 of the connected pod", found)
	}
	h.Do(func() {
		if err := h.net.Detach(t.Context(), kept.Sandbox); err != nil {
			t.Error(err)
		}
	})
	h.prepare()
	if found := h.elements(); found != 0 {
		t.Errorf("%d elements left", found)
	}
}

// A pod's host ports are there when it is attached, and gone when it is detached, whatever is
// repaired meanwhile.
func TestRepairWhilePodsComeAndGo(t *testing.T) {
	t.Parallel()
	for name, repair := range map[string]func(*Network, context.Context) error{"Prepare": (*Network).Prepare, "prunePorts": (*Network).prunePorts} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			podsComeAndGo(t, repair)
		})
	}
}

// podsComeAndGo attaches and detaches a pod while repair is called all the time.
func podsComeAndGo(t *testing.T, repair func(*Network, context.Context) error) {
	h := newHost(t, 1)
	ctx, stop := context.WithCancel(t.Context())
	repaired := make(chan error)
	go func() {
		runtime.LockOSThread() // and end with the thread, which stays in the namespace
		ns, err := netns.GetFromPath(h.Path)
		if err == nil {
			err = errors.Join(netns.Set(ns), ns.Close())
		}
		for err == nil && ctx.Err() == nil {
			err = repair(h.net, t.Context())
		}
		repaired <- err
	}()
	p := Pod{Name: "default/p", Sandbox: "s", Addresses: []netip.Addr{netip.MustParseAddr("10.244.1.9")}, Ports: []Port{{Protocol: "tcp", HostPort: 31080, PodPort: 80}}}
	for round := range 6 {
		p.Netns = netnstest.New(t).Path
		h.Do(func() {
			if err := h.net.Attach(t.Context(), p); err != nil {
				t.Error(err)
			}
		})
		if found := h.elements(); found != 2 {
			t.Errorf("round %d: %d elements of an attached pod, want 2", round, found)
		}
		h.Do(func() {
			if err := h.net.Detach(t.Context(), p.Sandbox); err != nil {
				t.Error(err)
			}
		})
		if found := h.elements(); found != 0 {
			t.Errorf("round %d: %d elements of a detached pod", round, found)
		}
	}
	stop()
	if err := <-repaired; err != nil {
		t.Error(err)
	}
	if found := h.elements(); found != 0 {
		t.Errorf("%d elements left", found)
	}
}

func (h *host) prune() {
	h.t.Helper()
	h.Do(func() {
		if err := h.net.prunePorts(context.Background()); err != nil {
			h.t.Error(err)
		}
	})
}

// elements returns the number of elements by which host ports lead to pods.
func (h *host) elements() (number int) {
	h.t.Helper()
	h.Do(func() {
		for _, f := range h.net.families {
			found, err := f.listElements(context.Background())
			if err != nil {
				h.t.Error(err)
			}
			number += len(found)
		}
	})
	return number
}
