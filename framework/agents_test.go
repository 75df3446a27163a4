package framework

import (
	"net/netip"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/nodes"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/records"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// at places an offer's agent on a host, at a port of it.
func at(hostname string, port int32) func(*mesospb.Offer) {
	return func(o *mesospb.Offer) {
		o.Hostname = &hostname
		o.Url.Address.Port = proto.Int32(port)
	}
}

func noAgents() *agents { return newAgents(records.Records{}, &recordedJobs{}, logr.Discard()) }

func offerOf(as *agents, o *mesospb.Offer) *agent { return as.offer(o, time.Now()) }

func TestAgentsShareHostname(t *testing.T) {
	t.Parallel()
	as := noAgents()
	first := offerOf(as, makeOffer("o1", "m-S1", four, at("big", 5051)))
	second := offerOf(as, makeOffer("o2", "m-S2", four, at("big", 5052)))
	if first.Node != "big" || second.Node != "big-s2" {
		t.Errorf("nodes %q and %q", first.Node, second.Node)
	}
	if again := offerOf(as, makeOffer("o3", "m-S1", four, at("big", 5051))); again != first {
		t.Errorf("the first agent is now %+v", again)
	}
}

// Of each Node's agent the address is known, as Mesos has it, and of none that has lost its Node.
func TestAgentAddresses(t *testing.T) {
	t.Parallel()
	as := noAgents()
	as.add("m-S1", records.Agent{Node: "big", Hostname: "big", Address: "10.1.0.6:5051"}).lost = true
	as.add("m-S2", records.Agent{Node: "named", Hostname: "named", Address: "agent.example.com:5051"})
	if got := as.addresses(); len(got) != 1 || got["big"] != netip.MustParseAddr("10.1.0.6") {
		t.Errorf("of records: %v", got)
	}
	offerOf(as, makeOffer("o1", "m-S3", four, at("big", 5051)))
	if got := as.addresses(); len(got) != 1 || got["big"] != netip.MustParseAddr("10.1.0.7") {
		t.Errorf("with an offer: %v", got)
	}
}

// An agent that came back under another id takes its Node over, once it is
// certain that the old one is gone.
func TestAgentsTakeOver(t *testing.T) {
	t.Parallel()
	task := taskOn("t", "p", 1, "m-S1", "big")
	executor := records.Agent{Node: "big", Hostname: "big", Address: "10.1.0.7:5051", Executor: []byte{1}}
	for name, c := range map[string]struct {
		before func(*agents)
		port   int32
		want   string
	}{
		"the old one offers":  {func(as *agents) { offerOf(as, makeOffer("o1", "m-S1", four, at("big", 5052))) }, 5051, "big-s2"},
		"the old one is lost": {func(as *agents) { offerOf(as, makeOffer("o1", "m-S1", four, at("big", 5052))).lost = true }, 5051, "big"},
		"same address":        {func(as *agents) { as.add("m-S1", executor).tasks["t"] = task }, 5051, "big"},
		"a local Mesos began again": {func(as *agents) {
			local := executor
			local.Address = "127.0.0.1:40001"
			as.add("m-S1", local).tasks["t"] = task
		}, 40002, "big"},
		"another, may run tasks":  {func(as *agents) { as.add("m-S1", executor).tasks["t"] = task }, 5052, "big-s2"},
		"another, may run ours":   {func(as *agents) { as.add("m-S1", executor) }, 5052, "big-s2"},
		"only its Node is left":   {func(as *agents) { as.saw(nodeOf("big", "m-S1")) }, 5052, "big"},
		"it is its own Node":      {func(as *agents) { as.saw(nodeOf("renamed", "m-S2")) }, 5051, "renamed"},
		"a Node that is not ours": {func(as *agents) { as.saw(nodeOf("big", "")) }, 5051, "big"},
		"another hostname":        {func(as *agents) { offerOf(as, makeOffer("o1", "m-S1", four, at("small", 5052))) }, 5051, "big"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			as := noAgents()
			c.before(as)
			if got := offerOf(as, makeOffer("o2", "m-S2", four, at("big", c.port))).Node; got != c.want {
				t.Errorf("node %q, want %q", got, c.want)
			}
		})
	}
}

func nodeOf(name, agent string) *v1.Node {
	n := &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if agent != "" {
		n.Annotations = map[string]string{nodes.AnnotationAgent: agent}
	}
	return n
}

// Offers are in one place only, and their resources are given out once.
func TestOffersAreSpentOnce(t *testing.T) {
	t.Parallel()
	as := noAgents()
	a := offerOf(as, makeOffer("o1", "S1", "cpus:1;mem:100"))
	offerOf(as, makeOffer("o2", "S1", "cpus:2;mem:200"))
	if a.capacity != (scheduler.Amount{CPU: 3000, Mem: 300}) {
		t.Errorf("capacity %+v", a.capacity)
	}
	if got := resources.Format(as.spend([]string{"o2", "o2", "of no agent"})); got != "cpus:2; mem:200" {
		t.Errorf("o2 held %s", got)
	}
	as.spendAll(a)
	if len(as.offers) != 0 || len(a.offers) != 0 {
		t.Errorf("left: %v, %v", as.offers, a.offers)
	}
	if a.capacity.CPU != 3000 {
		t.Errorf("the agent has shrunk to %+v", a.capacity)
	}
}

func TestUsable(t *testing.T) {
	t.Parallel()
	rs := makeOffer("o", "S", "cpus:2;mem:100;cpus(web):1").Resources
	odd := func(change func(*mesospb.Resource)) *mesospb.Resource {
		r := *rs[0]
		change(&r)
		return &r
	}
	rs = append(rs,
		odd(func(r *mesospb.Resource) { r.Revocable = &mesospb.Resource_RevocableInfo{} }),
		odd(func(r *mesospb.Resource) { r.Shared = &mesospb.Resource_SharedInfo{} }),
		odd(func(r *mesospb.Resource) { r.Disk = &mesospb.Resource_DiskInfo{} }),
		odd(func(r *mesospb.Resource) { // for a volume that is about to be made
			r.Role, r.Reservation = proto.String("web"), &mesospb.Resource_ReservationInfo{Labels: &mesospb.Labels{Labels: []*mesospb.Label{
				{Key: proto.String("kubernetes-mesos/volume"), Value: proto.String("pvc-1")}}}}
		}),
		odd(func(r *mesospb.Resource) { // which somebody has reserved for our role
			r.Role, r.Reservation = proto.String("web"), &mesospb.Resource_ReservationInfo{}
		}))
	if got := amountOf(usable(rs)); got != (scheduler.Amount{CPU: 5000, Mem: 100}) {
		t.Errorf("usable: %+v", got)
	}
}
