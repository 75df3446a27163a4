package noderoutes

import "testing"

// Who finds that no program uses the routes any more removes all of them, also another
// cluster's, unless a pod is connected still, to which its executor may come back.
func TestRemoveAll(t *testing.T) {
	t.Parallel()
	a, b, c := newHost(t, 1, Auto, "192.168.1.1", ""), newHost(t, 2, VXLAN, "192.168.1.2", ""), newHost(t, 3, Auto, "192.168.1.3", "")
	lan(t, a, b, c)
	for _, h := range []*host{a, b, c} {
		h.peer.Ranges = h.peer.Ranges[:1]
	}
	a.Do(func() { a.Command("ip", "route", "add", "10.244.9.0/24", "via", "192.168.1.9") }) // somebody else's
	before := a.State()
	must(t, a.set(c))
	other, err := New(Config{Mode: VXLAN, Node: a.peer.Node, Ranges: a.peer.Ranges, Cluster: cluster, VNI: 7, Port: 8476})
	must(t, err)
	a.Do(func() {
		must(t, other.Set([]Peer{a.peer, b.peer}))
		a.Command("ip", "route", "add", "10.99.0.0/24", "via", "192.168.1.9", "proto", "207")
		a.Command("ip", "link", "add", "kmp000000000001", "type", "veth", "peer", "name", "pod")
	})
	made := a.State()
	a.Do(func() { must(t, RemoveAll()) })
	if now := a.State(); now != made || made == before {
		t.Errorf("while a pod is connected:\n%s\nbefore:\n%s", now, made)
	}
	a.Do(func() {
		a.Command("ip", "link", "delete", "kmp000000000001")
		must(t, RemoveAll())
		must(t, RemoveAll())
	})
	if after := a.State(); after != before {
		t.Errorf("left behind:\n%s\nbefore:\n%s", after, before)
	}
}
