package local

import (
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/httpapi"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/loop"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

// agentIP is the address of every agent that is not on a host of its own.
const agentIP = "127.0.0.1"

// identity is who an agent is and where.
type identity struct {
	index      int // among all agents
	hostname   string
	ip         string // of its machine
	endpoint   *httpapi.Endpoint
	id         string // "" until it has registered
	attributes []*mesospb.Attribute
}

func (id *identity) agentID() *mesospb.AgentID { return &mesospb.AgentID{Value: proto.String(id.id)} }

func (id *identity) pid() string { return "slave(1)@" + id.endpoint.Addr }

func (id *identity) url() *mesospb.URL {
	return &mesospb.URL{
		Scheme:  proto.String("http"),
		Address: &mesospb.Address{Hostname: &id.hostname, Ip: &id.ip, Port: proto.Int32(id.endpoint.Port())},
		Path:    proto.String("/slave(1)"),
	}
}

func (id *identity) info(total []*mesospb.Resource) *mesospb.AgentInfo {
	return &mesospb.AgentInfo{
		Hostname: &id.hostname, Resources: total, Attributes: id.attributes,
		Id: id.agentID(), Port: proto.Int32(id.endpoint.Port()),
	}
}

// link is the connection between an agent and the master.
type link struct {
	// running: its process is alive. connected: it runs and the master can reach it.
	// removed: the master gave it up, at removedAt, after timeout.
	running, connected, removed bool
	removedAt                   time.Time
	timeout                     *loop.Timer

	// recovering: a new master knows of it, but has not heard from it yet.
	recovering bool

	// silent: nothing passes between it and the master, which has not noticed yet;
	// the master's messages meanwhile wait in the mailbox.
	silent  bool
	mailbox []func()
}

// heard reports whether the agent's messages reach the master.
func (l *link) heard() bool { return l.connected && !l.silent }

// tell carries out an order of the master as soon as the agent hears it.
func (l *link) tell(f func()) {
	if l.silent {
		l.mailbox = append(l.mailbox, f)
		return
	}
	f()
}

// read carries out the orders that have waited.
func (l *link) read() {
	mail := l.mailbox
	l.mailbox = nil
	for _, f := range mail {
		f()
	}
}

// close forgets what has not been read and waits for nothing.
func (l *link) close() {
	l.timeout.Stop()
	l.mailbox = nil
}

// condition returns the state of the link as one word, "" if all is well.
func (l *link) condition() string {
	switch {
	case !l.running && l.removed:
		return "stopped, unreachable"
	case !l.running:
		return "stopped"
	case l.silent && l.removed:
		return "paused, unreachable"
	case l.silent:
		return "paused"
	case !l.connected:
		return "registering"
	}
	return ""
}

// capacity holds the resources of an agent.
type capacity struct {
	total, free []*mesospb.Resource // free: neither used nor offered
	offers      map[string]*offer
}

// take takes resources that are free; what is not stays.
func (c *capacity) take(rs []*mesospb.Resource) {
	if rest, ok := resources.Subtract(c.free, rs); ok {
		c.free = rest
	}
}

// give gives resources back.
func (c *capacity) give(rs []*mesospb.Resource) { c.free = resources.Add(c.free, rs...) }

// shares returns the used and the offered resources.
func (c *capacity) shares() (used, offered []*mesospb.Resource) {
	for _, o := range c.offers {
		offered = append(offered, o.resources...)
	}
	used, _ = resources.Subtract(c.total, resources.Add(c.free, offered...))
	return used, offered
}
