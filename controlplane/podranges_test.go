package controlplane

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
)

func nodeOf(name string, ranges ...string) *corev1.Node {
	n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"zone": "a"}}, Spec: corev1.NodeSpec{PodCIDRs: ranges}}
	if len(ranges) > 0 {
		n.Spec.PodCIDR = ranges[0]
	}
	return n
}

// A range is the cluster's if one of its ranges, in their order, holds it.
func TestOutside(t *testing.T) {
	t.Parallel()
	p, err := newPodRanges(fake.NewClientset(), Config{ClusterCIDR: "10.244.0.0/16,fd00:244::/56", ServiceClusterIPRange: "10.0.0.0/24"}, renewPeriod)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		ranges []string
		want   bool
	}{
		{nil, false},
		{[]string{"10.244.3.0/24"}, false},
		{[]string{"10.244.3.0/24", "fd00:244:0:1::/64"}, false},
		{[]string{"10.245.3.0/24"}, true},
		{[]string{"10.0.0.0/8"}, true},
		{[]string{"fd00:244:0:1::/64"}, true},
		{[]string{"10.244.3.0/24", "fd00:245::/64"}, true},
		{[]string{"10.244.3.0/24", "fd00:244:0:1::/64", "10.244.4.0/24"}, true},
		{[]string{"nonsense"}, true},
	} {
		if got := p.outside(nodeOf("n", row.ranges...)); got != row.want {
			t.Errorf("%v: outside %v", row.ranges, got)
		}
	}
}

// After a change of the cluster's range new Nodes get parts of it, while one with a former
// range keeps that, and says so, until nothing uses it. Then it is replaced by one with what users
// have written on the former.
func TestFormerRange(t *testing.T) {
	t.Parallel()
	client := fake.NewClientset(nodeOf("old", "10.244.0.0/24"), nodeOf("kept", "10.245.1.0/24"), podOn("old", "web"))
	idle := make(chan struct{})
	p, err := newPodRanges(client, Config{ClusterCIDR: "10.245.0.0/16", ServiceClusterIPRange: "10.0.0.0/24", WithoutExecutor: func(*corev1.Node) bool {
		select {
		case <-idle:
			return true
		default:
			return false
		}
	}}, renewPeriod)
	if err != nil {
		t.Fatal(err)
	}
	runRanges(t, p)
	node := func(name string) *corev1.Node {
		n, err := client.CoreV1().Nodes().Get(t.Context(), name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	says := func(n *corev1.Node) bool {
		for _, c := range n.Status.Conditions {
			if c.Type == ConditionRangeOutside && c.Status == corev1.ConditionTrue {
				return true
			}
		}
		return false
	}
	if _, err := client.CoreV1().Nodes().Create(t.Context(), nodeOf("new"), metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the new Node's range, and what the old one says", func(context.Context) error {
		if r := node("new").Spec.PodCIDRs; fmt.Sprint(r) != "[10.245.0.0/24]" || !says(node("old")) {
			return fmt.Errorf("%v, %+v", r, node("old"))
		}
		return nil
	})
	if n := node("kept"); says(n) || n.Spec.PodCIDR != "10.245.1.0/24" {
		t.Errorf("a Node with a range of the cluster's: %+v", n)
	}

	close(idle)
	if err := p.lookAfter(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := node("old"); n.Spec.PodCIDR != "10.244.0.0/24" {
		t.Errorf("a Node with a pod has another range: %+v", n.Spec)
	}
	if err := client.CoreV1().Pods("").Delete(t.Context(), "web", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := p.lookAfter(t.Context()); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "another range", func(context.Context) error {
		if n := node("old"); fmt.Sprint(n.Spec.PodCIDRs) != "[10.245.2.0/24]" || says(n) || n.Labels["zone"] != "a" {
			return fmt.Errorf("%+v", n)
		}
		return nil
	})
}

// No range is given twice: what a Node has of the cluster's ranges is its own, though its other
// ranges are not the cluster's any more, or in another order.
func TestHeldRanges(t *testing.T) {
	t.Parallel()
	const v4, v6 = "10.244.0.0/16", "fd00:10:244::/56"
	for name, c := range map[string]struct {
		cluster   string
		old       []string
		next      string // the ranges of the next Node
		afterward string // those of the one after that, when the old Node is gone
	}{
		"one family is left":         {v4, []string{"10.244.0.0/24", "fd00:10:244::/64"}, "[10.244.1.0/24]", "[10.244.2.0/24]"},
		"the second family is left":  {v6, []string{"10.244.0.0/24", "fd00:10:244::/64"}, "[fd00:10:244:1::/64]", "[fd00:10:244:2::/64]"},
		"a family in front":          {v4 + "," + v6, []string{"fd00:10:244::/64"}, "[10.244.0.0/24 fd00:10:244:1::/64]", "[10.244.1.0/24 fd00:10:244:2::/64]"},
		"another order":              {v6 + "," + v4, []string{"10.244.0.0/24", "fd00:10:244::/64"}, "[fd00:10:244:1::/64 10.244.1.0/24]", "[fd00:10:244:2::/64 10.244.2.0/24]"},
		"another range of the first": {v4 + "," + v6, []string{"10.245.0.0/24", "fd00:10:244::/64"}, "[10.244.0.0/24 fd00:10:244:1::/64]", "[10.244.1.0/24 fd00:10:244:2::/64]"},
		"a small range, given back":  {"10.244.0.0/23", []string{"10.244.0.0/24", "fd00:10:244::/64"}, "[10.244.1.0/24]", "[10.244.0.0/24]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := fake.NewClientset(nodeOf("old", c.old...))
			p, err := newPodRanges(client, Config{ClusterCIDR: c.cluster, ServiceClusterIPRange: "10.0.0.0/24"}, renewPeriod)
			if err != nil {
				t.Fatal(err)
			}
			runRanges(t, p)
			gets := func(node, want string) {
				t.Helper()
				if _, err := client.CoreV1().Nodes().Create(t.Context(), nodeOf(node), metav1.CreateOptions{}); err != nil {
					t.Fatal(err)
				}
				waitFor(t, "the range of "+node, func(ctx context.Context) error {
					n, err := client.CoreV1().Nodes().Get(ctx, node, metav1.GetOptions{})
					if err == nil && fmt.Sprint(n.Spec.PodCIDRs) != want {
						err = fmt.Errorf("%v, want %s", n.Spec.PodCIDRs, want)
					}
					return err
				})
			}
			gets("next", c.next)
			if err := client.CoreV1().Nodes().Delete(t.Context(), "old", metav1.DeleteOptions{}); err != nil {
				t.Fatal(err)
			}
			gets("afterward", c.afterward)
		})
	}
}

// runRanges gives out ranges until the test ends.
func runRanges(t *testing.T, p *podRanges) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// Who goes back to the former range finds no trace of the other.
func TestRangeOfBeforeIsBack(t *testing.T) {
	t.Parallel()
	n := nodeOf("n", "10.244.0.0/24")
	n.Status.Conditions = []corev1.NodeCondition{{Type: ConditionRangeOutside, Status: corev1.ConditionTrue}}
	client := fake.NewClientset(n)
	p, err := newPodRanges(client, Config{ClusterCIDR: "10.244.0.0/16", ServiceClusterIPRange: "10.0.0.0/24"}, time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan struct{})
	go func() { defer close(gone); p.renew(ctx) }()
	waitFor(t, "the end of the condition", func(ctx context.Context) error {
		n, err := client.CoreV1().Nodes().Get(ctx, "n", metav1.GetOptions{})
		if err == nil && len(n.Status.Conditions) > 0 {
			err = errors.New("it is there")
		}
		return err
	})
	cancel()
	<-gone
}

// The API server takes what is written: a Node with a former range has the condition, and
// the Node that replaces it has the rest of what it had.
func TestNodeIsReplaced(t *testing.T) {
	t.Parallel()
	nodes := sharedClient.CoreV1().Nodes()
	n := nodeOf("former-range", "10.244.0.0/24")
	n.Spec.Unschedulable = true
	n.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue, Reason: "MesosAgentOffers"}}
	made, err := nodes.Create(t.Context(), n, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	idle := false
	p, err := newPodRanges(sharedClient, Config{ClusterCIDR: "10.245.0.0/16", ServiceClusterIPRange: "10.0.0.0/24", WithoutExecutor: func(*corev1.Node) bool { return idle }}, renewPeriod)
	if err != nil {
		t.Fatal(err)
	}
	look := func(conditions int) (got *corev1.Node) {
		t.Helper()
		waitFor(t, "what is said of the Node", func(ctx context.Context) error { // it is read from the API server's memory, which may be behind
			if err := p.lookAfter(ctx); err != nil {
				return err
			}
			if got, err = nodes.Get(ctx, n.Name, metav1.GetOptions{}); err == nil && len(got.Status.Conditions) != conditions {
				err = fmt.Errorf("conditions %+v", got.Status.Conditions)
			}
			return err
		})
		return got
	}
	if got := look(2); got.UID != made.UID {
		t.Error("a Node in use was replaced")
	}
	idle = true
	if got := look(1); got.UID == made.UID || got.Spec.PodCIDR != "" || len(got.Spec.PodCIDRs) > 0 || !got.Spec.Unschedulable || got.Labels["zone"] != "a" {
		t.Errorf("the Node that replaced it: %+v", got)
	}
}

// Where there are more Nodes than ranges, those without are not tried again and again, each
// time with an event; one gets the range of a Node that is deleted.
func TestNoRangeIsLeft(t *testing.T) {
	t.Parallel()
	var names []runtime.Object
	for i := range 7 {
		n := nodeOf(fmt.Sprint("n", i))
		n.UID = types.UID(n.Name)
		names = append(names, n)
	}
	client := fake.NewClientset(names...)
	p, err := newPodRanges(client, Config{ClusterCIDR: "10.244.0.0/22", ServiceClusterIPRange: "10.244.1.0/24"}, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	runRanges(t, p)
	ranged := func() (with, without []string) {
		all, err := client.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range all.Items {
			if n.Spec.PodCIDR != "" {
				with = append(with, n.Name)
			} else {
				without = append(without, n.Name)
			}
		}
		return with, without
	}
	full := func(nodes int) {
		t.Helper()
		waitFor(t, "three ranges, one being of the services", func(context.Context) error {
			if with, without := ranged(); len(with) != 3 || len(without) != nodes-3 || p.room.left() {
				return fmt.Errorf("with ranges %v, without %v", with, without)
			}
			return nil
		})
	}
	full(7)
	with, _ := ranged()
	if err := client.CoreV1().Nodes().Delete(t.Context(), with[0], metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	full(6)

	_, without := ranged()
	for _, name := range without {
		if n, err := (roomy{p.factory.Core().V1().Nodes(), p.room}).Lister().Get(name); err != nil || n.DeletionTimestamp.IsZero() {
			t.Errorf("the allocator would try Node %s: %v, %v", name, n, err)
		}
	}
}
