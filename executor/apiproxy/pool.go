package apiproxy

import (
	"errors"
	"net"
	"slices"
)

// A pool holds the servers and their states. It does no I/O.
type pool struct {
	servers []*server // in the order of the list
	current *server   // took the last connection; nil: none has yet
	waiting int       // connections for which no living server is known
}

// A server counts as live until a probe or a connection fails.
type server struct {
	addr  string
	dead  error // why it does not count as living; nil if it does
	conns map[net.Conn]bool
}

var errLeft = errors.New("it is no longer one of the API servers")

// cut closes the connections to the server; their users remove them.
func (s *server) cut() {
	for c := range s.conns {
		c.Close()
	}
}

// set replaces the list and returns the servers that are no longer in it.
func (p *pool) set(addrs []string) (left []*server) {
	old := p.servers
	p.servers = nil
	for _, addr := range addrs {
		i := slices.IndexFunc(old, func(s *server) bool { return s.addr == addr })
		switch {
		case slices.ContainsFunc(p.servers, func(s *server) bool { return s.addr == addr }): // named twice
		case i >= 0:
			p.servers = append(p.servers, old[i])
		default:
			p.servers = append(p.servers, &server{addr: addr, conns: map[net.Conn]bool{}})
		}
	}
	for _, s := range old {
		if !slices.Contains(p.servers, s) {
			s.dead = errLeft
			left = append(left, s)
		}
	}
	return left
}

// pick returns the server for a new connection: the current one while it lives, so
// all connections of one client go to one server; nil if none lives.
func (p *pool) pick() *server {
	if p.current == nil || p.current.dead != nil {
		p.current = nil
		if i := slices.IndexFunc(p.servers, func(s *server) bool { return s.dead == nil }); i >= 0 {
			p.current = p.servers[i]
		}
	}
	return p.current
}

// used returns the servers to probe: those with connections. There is no alternative
// to a lone server, so its clients stay whatever it does.
func (p *pool) used() []*server {
	if len(p.servers) == 1 {
		return nil
	}
	return p.filter(func(s *server) bool { return len(s.conns) > 0 })
}

// others returns the servers that are not among these.
func (p *pool) others(these []*server) []*server {
	return p.filter(func(s *server) bool { return !slices.Contains(these, s) })
}

func (p *pool) filter(are func(*server) bool) []*server {
	var found []*server
	for _, s := range p.servers {
		if are(s) {
			found = append(found, s)
		}
	}
	return found
}

// record records that a server lives, or why it does not.
func (p *pool) record(s *server, err error) {
	if s.dead != errLeft {
		s.dead = err
	}
}

// failing returns the servers whose connections should move, if there is a living
// server: those that do not live.
func (p *pool) failing() []*server {
	if p.pick() == nil {
		return nil
	}
	return p.filter(func(s *server) bool { return s.dead != nil })
}
