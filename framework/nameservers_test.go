package framework

import (
	"testing"

	"github.com/go-logr/logr"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/dnsendpoints"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/records"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	v1 "k8s.io/api/core/v1"
)

// endpoints keeps the ports at which DNS answers, by Node.
type endpoints map[string]int32

func (e endpoints) Want(to dnsendpoints.Endpoint) { e[to.Node] = to.Port }
func (e endpoints) Remove(node string)            { delete(e, node) }

// A node's DNS is asked while an executor answers there, as far as the Node and Mesos tell.
func TestNameServersFollowExecutors(t *testing.T) {
	t.Parallel()
	announcing := func(words string) *v1.Node {
		n := nodeOf("big", "m-S1")
		n.Annotations[taskdata.DNSAnnotation] = words
		n.Status.Addresses = []v1.NodeAddress{{Type: v1.NodeInternalIP, Address: "10.1.0.7"}}
		return n
	}
	as := newAgents(records.Records{}, &recordedJobs{}, logr.Discard())
	got := endpoints{}
	s := &nameServers{agents: as, writer: got, known: map[string]nameServer{}}
	s.seen(nodeOf("other", "m-S9"))
	s.seen(announcing("40053 a")) // its agent is not known yet
	offerOf(as, makeOffer("o1", "m-S1", four, at("big", 5051), withExecutor))
	a := as.get("m-S1")
	for _, c := range []struct {
		what string
		do   func()
		port int32
	}{
		{"an executor runs", func() { s.write("big") }, 40053},
		{"it has ended", func() { s.executorEnded(a) }, 0},
		{"the Node shows what it said", func() { s.seen(announcing("40053 a")) }, 0},
		{"another executor runs at the same port", func() { s.seen(announcing("40053 b")) }, 40053},
		{"the agent is lost", func() { a.lost = true; s.write("big") }, 0},
		{"it is back", func() { a.lost = false; s.write("big") }, 40053},
		{"the executor has left", func() { a.runs = false; s.write("big") }, 0},
		{"it runs again", func() { a.runs = true; s.write("big") }, 40053},
		{"it answers no more", func() { s.seen(announcing("")) }, 0},
		{"it answers elsewhere", func() { s.seen(announcing("40054 b")) }, 40054},
		{"the Node is deleted", func() { s.gone("big") }, 0},
		{"the executor has ended, too", func() { s.executorEnded(a) }, 0},
	} {
		if c.do(); got["big"] != c.port || len(got) > 1 {
			t.Errorf("%s: asked at %v, want port %d", c.what, got, c.port)
		}
	}
}
