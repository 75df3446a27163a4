package policynotices

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	v1 "k8s.io/api/core/v1"
	netv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/nodes"
)

// recorded keeps events.
type recorded chan string

func (r recorded) Event(about runtime.Object, eventType, reason, message string) {
	r <- fmt.Sprintf("%s %s %s: %s", about.(metav1.Object).GetName(), eventType, reason, message)
}

// all returns the events so far.
func (r recorded) all() (events []string) {
	for {
		select {
		case e := <-r:
			events = append(events, e)
		default:
			return events
		}
	}
}

func policy(name string) *netv1.NetworkPolicy {
	return &netv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name, UID: types.UID(name)}}
}

// nodeWith makes a node whose network works or not, since a while.
func nodeWith(name string, works v1.ConditionStatus, since time.Duration) *v1.Node {
	return &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}, Status: v1.NodeStatus{Conditions: []v1.NodeCondition{
		{Type: podNetwork, Status: works, LastTransitionTime: metav1.NewTime(time.Now().Add(-since))}}}}
}

// Where nothing enforces policies, each is told once.
func TestNowhere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		events := make(recorded, 100)
		client := fake.NewClientset(policy("first"))
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() {
			ended <- New(Config{Client: client, Nowhere: "not with this network", Events: events}).Run(ctx)
		}()
		synctest.Wait()
		if _, err := client.NetworkingV1().NetworkPolicies("default").Create(t.Context(), policy("second"), metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * settle)
		got := events.all()
		if len(got) != 2 || got[0] != "first Warning NotEnforced: not with this network" || !strings.HasPrefix(got[1], "second ") {
			t.Errorf("%q", got)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// Of nodes those are named whose network has not worked for a while, and those of which an
// executor is ready that does not know of the network.
func TestUnenforced(t *testing.T) {
	t.Parallel()
	says := func(all ...any) string { return unenforced(unconnected(all, time.Now())) }
	works, starts := nodeWith("works", v1.ConditionTrue, time.Hour), nodeWith("starts", v1.ConditionFalse, settle/2)
	if got := says(works, starts, &v1.Node{}, silentNode("new", "KubeletReady", settle/2), silentNode("idle", nodes.ReasonOffers, time.Hour)); got != "" {
		t.Errorf("a cluster that works: %s", got)
	}
	got := says(nodeWith("b", v1.ConditionFalse, time.Hour), works, nodeWith("a", v1.ConditionFalse, time.Hour), silentNode("old", "KubeletReady", time.Hour))
	if !strings.Contains(got, "for pods on a, b: the network") || !strings.Contains(got, "for pods on old: the executor") {
		t.Error(got)
	}
	var many []any
	for i := range 100 {
		many = append(many, nodeWith(fmt.Sprintf("n%02d", i), v1.ConditionFalse, time.Hour))
	}
	if got := says(many...); !strings.Contains(got, "n04, 95 more:") {
		t.Error(got)
	}
}

// A Node whose executor does not know of the network says so once, whether there are policies
// or not.
func TestNodeWithoutNetwork(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		events := make(recorded, 100)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() {
			ended <- New(Config{Client: fake.NewClientset(silentNode("old", "KubeletReady", 0)), Events: events}).Run(ctx)
		}()
		synctest.Wait()
		if got := events.all(); got != nil {
			t.Errorf("at once: %q", got)
		}
		time.Sleep(5 * settle)
		if got := events.all(); len(got) != 1 || !strings.HasPrefix(got[0], "old Warning WithoutPodNetwork: the executor of this node") {
			t.Errorf("%q", got)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// silentNode makes a node that is ready since a while and says nothing about a network.
func silentNode(name, reason string, since time.Duration) *v1.Node {
	return &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}, Status: v1.NodeStatus{Conditions: []v1.NodeCondition{
		{Type: v1.NodeReady, Status: v1.ConditionTrue, Reason: reason, LastTransitionTime: metav1.NewTime(time.Now().Add(-since))}}}}
}
