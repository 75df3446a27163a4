package app

import (
	"errors"
	"fmt"
	"path/filepath"
	"syscall"

	"github.com/go-logr/logr"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local"
)

// newLocalMesos returns the Mesos of this process, which already listens.
func newLocalMesos(o options, log logr.Logger) (*local.Mesos, error) {
	cfg := localMesosConfig(o)
	cfg.Log = log.WithName("local Mesos")
	m, err := local.New(cfg)
	switch {
	case errors.Is(err, syscall.EADDRINUSE) && o.serveLocalMesos != "":
		return nil, usageError{fmt.Errorf("-serve_local_mesos: %s is in use by another process", cfg.Addr)}
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, usageError{fmt.Errorf("-local_address: %s is in use by another process: choose another", cfg.Addr)}
	case err != nil:
		return nil, usageError{err}
	}
	if len(o.credentials) == 0 {
		log.Error(nil, "the local Mesos asks for no credentials: run by root it starts nothing, run by another user it starts programs as that user for everyone who reaches it; set -local_credentials", "address", m.Addr())
	}
	log.Info(fmt.Sprintf("a local Mesos, agents: %d: http://%s/state", o.master.agents, m.Addr()))
	return m, nil
}

// localMesosConfig returns what the flags say about a local Mesos.
func localMesosConfig(o options) local.Config {
	addr := o.localAddress
	if o.serveLocalMesos != "" {
		addr = o.serveLocalMesos
	}
	cfg := local.Config{
		Addr:      addr,
		Agents:    o.master.agents,
		Resources: o.localResources,
		WorkDir:   o.localWorkDir,
		Hosts:     list(o.localHosts),

		Credentials:  o.credentials,
		Guarded:      true,
		Faults:       o.faults,
		FaultPages:   o.serveLocalMesos != "",
		AgentTimeout: o.localAgentTimeout,
	}
	if o.localAttributes != "" {
		cfg.Attributes = []string{o.localAttributes}
	}
	if cfg.WorkDir == "" && o.serveLocalMesos == "" {
		cfg.WorkDir = filepath.Join(o.dataDir, "mesos")
	}
	return cfg
}
