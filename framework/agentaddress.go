package framework

import (
	"net"
	"strconv"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// gone reports whether the agent of o can only be here because a is gone: Mesos
// has given a up, or its address has passed on. Agents on loopback are those of a
// local Mesos, which names each differently. An agent from before our start that
// never ran an executor has nothing to lose but its name.
func (a *agent) gone(o *mesospb.Offer) bool {
	switch {
	case a.lost:
		return true
	case a.Hostname == o.GetHostname() && a.Address != "" && a.Address == endpoint(o):
		return true
	case a.met:
		return false
	case a.Hostname == o.GetHostname() && net.ParseIP(a.ip()).IsLoopback():
		return true
	}
	return len(a.tasks) == 0 && a.Executor == nil
}

// endpoint returns the address of an offer's agent, host:port, or "" when
// unknown.
func endpoint(o *mesospb.Offer) string {
	addr := o.GetUrl().GetAddress()
	host := addr.GetIp()
	if host == "" {
		host = addr.GetHostname()
	}
	if host == "" {
		return ""
	}
	return net.JoinHostPort(host, strconv.Itoa(int(addr.GetPort())))
}

// ip returns the agent's address without its port, or "" when it is no IP
// address.
func (a *agent) ip() string {
	host, _, err := net.SplitHostPort(a.Address)
	if err != nil || net.ParseIP(host) == nil {
		return ""
	}
	return host
}
