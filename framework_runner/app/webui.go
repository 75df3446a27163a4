package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/controlplane"
	"github.com/kubernetes-mesos/kubernetes-mesos/controlplane/ui"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework"
)

// webUI returns the URL of the web pages that Mesos shows. The local port is reached only from
// this machine, as a Mesos inside this process usually is.
func webUI(o options, plane *controlplane.ControlPlane) string {
	switch {
	case o.webuiURL != "":
		return o.webuiURL
	case o.master.kind == masterLocal && plane.LocalAddr() != "":
		return "http://" + plane.LocalAddr() + ui.Path
	}
	return plane.Servers()[0] + ui.Path
}

// facts is what the web pages show of Mesos and the framework.
type facts struct {
	Framework     string       `json:"framework"` // its id
	Name          string       `json:"name"`
	Role          string       `json:"role"`
	User          string       `json:"user"`
	Principal     string       `json:"principal,omitempty"`
	Hostname      string       `json:"hostname"`
	Connected     bool         `json:"connected"`
	Since         time.Time    `json:"since"` // connected, or not
	Master        string       `json:"master"`
	MasterURL     string       `json:"masterURL,omitempty"` // of its own pages
	MasterVersion string       `json:"masterVersion,omitempty"`
	Agents        []agentFacts `json:"agents"`
}

type agentFacts struct {
	ID       string `json:"id"`
	Node     string `json:"node"`
	Lost     bool   `json:"lost"`
	Executor bool   `json:"executor"` // ours runs there
	Offers   int    `json:"offers"`   // held
	Tasks    int    `json:"tasks"`
}

// mesosFacts asks f for the facts.
func mesosFacts(ctx context.Context, o options, f *framework.Framework) (facts, error) {
	s, err := f.Status(ctx)
	if err != nil {
		return facts{}, fmt.Errorf("the framework gives no answer: %w", err)
	}
	found := facts{
		Framework: s.Framework, Name: s.Info.Name, Role: s.Info.Role, User: s.Info.User, Principal: s.Info.Principal, Hostname: s.Info.Hostname,
		Connected: s.Connected, Since: s.Since, Master: s.Master, MasterURL: o.master.page(s.Master), MasterVersion: s.MasterVersion, Agents: []agentFacts{},
	}
	for _, a := range s.Agents {
		found.Agents = append(found.Agents, agentFacts{ID: a.ID, Node: a.Node, Lost: a.Lost, Executor: a.Executor, Offers: a.Offers, Tasks: len(a.Tasks)})
	}
	return found, nil
}

// page returns the URL of the pages of the master at address.
func (m master) page(address string) string {
	switch {
	case address == "":
		return ""
	case m.tls != nil || strings.HasPrefix(m.addr, "https://"):
		return "https://" + address
	}
	return "http://" + address
}
