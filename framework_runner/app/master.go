package app

import (
	"crypto/tls"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
)

// Kinds of -mesos_master.
const (
	masterRemote = iota // a Mesos somewhere else
	masterLocal         // a Mesos inside this process
	masterNone          // no Mesos: host the API only
)

// master is a parsed -mesos_master.
type master struct {
	kind   int
	agents int         // of a local Mesos
	addr   string      // of a remote one, as given
	tls    *tls.Config // for a remote one; nil: none is wanted
}

var localMaster = regexp.MustCompile(`^local(?:\(([0-9]+)\))?$`)

// maxLocalAgents keeps a typo from starting a thousand processes.
const maxLocalAgents = 100

// parseMaster understands local, local(N), none and what package mesos accepts.
func parseMaster(s string, files mesos.TLSFiles) (master, error) {
	if s == "none" {
		return master{kind: masterNone}, nil
	}
	if m := localMaster.FindStringSubmatch(s); m != nil {
		if m[1] == "" {
			return master{kind: masterLocal, agents: 1}, nil
		}
		n, err := strconv.Atoi(m[1])
		if err != nil || n < 1 || n > maxLocalAgents {
			return master{}, fmt.Errorf("-mesos_master=%s: a local Mesos has 1 to %d agents", s, maxLocalAgents)
		}
		return master{kind: masterLocal, agents: n}, nil
	}
	if !strings.Contains(s, ":") {
		// A host without a port might be meant, but so might a misspelt word.
		return master{}, fmt.Errorf("-mesos_master=%s: say local, local(N), none, host:port or another form that -h shows", s)
	}
	config, err := files.Config()
	if err != nil {
		return master{}, fmt.Errorf("-mesos_ca_file, -mesos_cert_file, -mesos_key_file: %w", err)
	}
	if _, err := mesos.NewScheduler(mesos.SchedulerConfig{Master: s, TLS: config}); err != nil {
		return master{}, fmt.Errorf("-mesos_master: %w", err)
	}
	return master{kind: masterRemote, addr: s, tls: config}, nil
}
