package framework

import (
	v1 "k8s.io/api/core/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/dnsendpoints"
)

// nameServers has the endpoints of the cluster's DNS follow what executors announce on their
// Nodes, and what Mesos says of the executors: that counts from the moment it is known.
type nameServers struct {
	agents *agents
	writer endpointWriter
	known  map[string]nameServer // by Node
}

// nameServer is what a Node announced last.
type nameServer struct {
	dnsendpoints.Endpoint
	words string
	ended bool // the executor that said so has ended
}

// endpointWriter writes endpoints in the background.
type endpointWriter interface {
	Want(dnsendpoints.Endpoint)
	Remove(node string)
}

// seen: a Node is as the API server has it.
func (s *nameServers) seen(n *v1.Node) {
	e, words, ok := dnsendpoints.Announced(n)
	before, had := s.known[n.Name]
	switch {
	case ok:
		s.known[n.Name] = nameServer{e, words, had && before.ended && before.words == words}
		s.write(n.Name)
	case !had || before.words != "": // also what was written before this process began
		s.known[n.Name] = nameServer{ended: true}
		s.writer.Remove(n.Name)
	}
}

// gone: a Node was deleted, or announces nothing any more.
func (s *nameServers) gone(node string) {
	if _, had := s.known[node]; had {
		delete(s.known, node)
		s.writer.Remove(node)
	}
}

// executorEnded: nobody answers any more at what the agent's Node announces.
func (s *nameServers) executorEnded(a *agent) {
	if server, has := s.known[a.Node]; has {
		server.ended = true
		s.known[a.Node] = server
		s.write(a.Node)
	}
}

// write has the endpoint of a Node written, or removed if no executor answers there. Of an
// agent that is not known yet nothing is concluded.
func (s *nameServers) write(node string) {
	server, has := s.known[node]
	if !has {
		return
	}
	a := s.agents.ofNode(node)
	if server.ended || a != nil && (a.lost || a.met && a.idle()) {
		s.writer.Remove(node)
		return
	}
	s.writer.Want(server.Endpoint)
}
