package dnsendpoints

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/go-logr/logr"
	v1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
)

func node(announces string, addresses ...string) *v1.Node {
	n := &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: "vm-1", UID: "u-1", Annotations: map[string]string{taskdata.DNSAnnotation: announces}}}
	for _, a := range addresses {
		n.Status.Addresses = append(n.Status.Addresses, v1.NodeAddress{Type: v1.NodeInternalIP, Address: a})
	}
	return n
}

// An executor says at which port it answers, and nothing else.
func TestAnnounced(t *testing.T) {
	t.Parallel()
	got, words, ok := Announced(node("40053 8f3a", "10.1.0.7", "fd00::7"))
	if want := (Endpoint{Node: "vm-1", UID: "u-1", Address: "10.1.0.7", Port: 40053}); got != want || words != "40053 8f3a" || !ok {
		t.Errorf("got %+v, %q, %v", got, words, ok)
	}
	for _, n := range []*v1.Node{node("", "10.1.0.7"), node("0 x", "10.1.0.7"), node("65536", "10.1.0.7"), node("198.51.100.1:53", "10.1.0.7"), node("40053"), node("40053", "vm-1"), {}} {
		if e, _, ok := Announced(n); ok {
			t.Errorf("%v at %v announces %+v", n.Annotations, n.Status.Addresses, e)
		}
	}
}

// left runs a writer until it has nothing to do, and returns the slices that it leaves.
func left(t *testing.T, client *fake.Clientset, ask func(*Writer)) []discoveryv1.EndpointSlice {
	t.Helper()
	w := NewWriter(client, logr.Discard())
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); w.Run(ctx) }()
	ask(w)
	synctest.Wait()
	cancel()
	<-ended
	all, err := client.DiscoveryV1().EndpointSlices("kube-system").List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return all.Items
}

// A slice follows its node's executor: it is made, changed, made again and removed.
func TestWriter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := fake.NewClientset()
		e := Endpoint{Node: "vm-1", UID: "u-1", Address: "10.1.0.7", Port: 40053}
		for _, change := range []func(){func() {}, func() { e.Port = 40054 }, func() { e.Address = "fd00::7" }, func() { e.UID = "u-2" }} {
			change()
			all := left(t, client, func(w *Writer) { w.Want(e) })
			if len(all) != 1 {
				t.Fatalf("%d slices", len(all))
			}
			s := all[0]
			got := fmt.Sprint(s.Name, s.Labels[discoveryv1.LabelServiceName], s.OwnerReferences[0].UID, s.Endpoints[0].Addresses, *s.Endpoints[0].NodeName,
				s.Endpoints[0].Hints.ForNodes, *s.Ports[0].Name, *s.Ports[0].Port, *s.Ports[0].Protocol, *s.Ports[1].Name, *s.Ports[1].Port, *s.Ports[1].Protocol)
			if want := fmt.Sprint("kube-dns-vm-1", "kube-dns", e.UID, []string{e.Address}, "vm-1", "[{vm-1}]", "dns", e.Port, "UDP", "dns-tcp", e.Port, "TCP"); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		}
		client.ClearActions()
		if left(t, client, func(w *Writer) { w.Want(e) }); len(client.Actions()) != 2 {
			t.Errorf("a slice that is right was written: %v", client.Actions())
		}
		for range 2 {
			if all := left(t, client, func(w *Writer) { w.Want(e); w.Remove("vm-1") }); len(all) > 0 {
				t.Errorf("left: %v", all)
			}
		}
	})
}
