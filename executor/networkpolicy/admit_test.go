package networkpolicy

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	netv1 "k8s.io/api/networking/v1"
)

// Policies are in force for a pod before its status shows its addresses, so that nothing
// reaches it in between.
func TestAdmit(t *testing.T) {
	n := newNode(t)
	b := n.objects.pods[2]
	shown := b.Status
	b.UID, b.Status = "uid-b", v1.PodStatus{}
	n.objects.policies = []*netv1.NetworkPolicy{policy("default", "nobody", ingressFrom(nil))}
	n.objects.policies[0].Spec.Ingress = nil
	n.e.setNow(func() objects { return n.objects })
	known := addresses(&v1.Pod{Status: shown})
	reaches := func() string { return n.places["a"].Reaches("tcp", netip.AddrPortFrom(known[0], 80).String()) }
	if got := reaches(); got != "yes" {
		t.Fatalf("without its addresses the policy holds: %s", got)
	}
	if err := n.e.Admit(t.Context(), "uid-b", known); err != nil {
		t.Fatal(err)
	}
	if got := reaches(); got != "no" {
		t.Errorf("once it is admitted it is reached: %s", got)
	}
	next := New(n.e.cfg) // of a process that takes over meanwhile
	next.setNow(func() objects { return n.objects })
	next.Adopt("uid-b", known)
	next.mu.Lock()
	err := next.enforce(t.Context(), true)
	next.mu.Unlock()
	if got := reaches(); err != nil || got != "no" {
		t.Errorf("once another process has taken over: %s, %v", got, err)
	}
	b.Status = shown
	n.e.mu.Lock()
	err = n.e.enforce(t.Context(), true)
	n.e.mu.Unlock()
	if got := reaches(); err != nil || got != "no" || len(n.e.admitted) != 0 {
		t.Errorf("once its status shows the addresses: %s, %v, remembered %v", got, err, n.e.admitted)
	}
	if err := n.e.Remove(t.Context()); err != nil {
		t.Error(err)
	}
}

// A pod that is not known yet is not connected.
func TestAdmitUnknown(t *testing.T) {
	e := New(Config{Node: here, Owner: "f/a"})
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := e.Admit(short, "uid-x", nil); err == nil || !strings.Contains(err.Error(), "not known") {
		t.Errorf("got %v", err)
	}
}
