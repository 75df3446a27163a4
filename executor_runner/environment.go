package main

import (
	"maps"
	"os"
	"strings"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/clusterdns"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/upgrade"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
)

// secrets are credentials that the agent handed over, by the names of their
// variables.
type secrets map[string]string

// takeSecrets removes credentials from the environment, so that no program started
// from here inherits them, and returns them together with those that the previous
// program handed over.
func takeSecrets(before *upgrade.Handover) secrets {
	s := secrets{}
	if before != nil {
		maps.Copy(s, before.Secrets)
	}
	for _, v := range os.Environ() {
		name, value, _ := strings.Cut(v, "=")
		for _, secret := range []string{"TOKEN", "SECRET", "PASSWORD", "CREDENTIAL"} {
			if strings.HasPrefix(name, "MESOS_") && strings.Contains(name, secret) {
				s[name] = value
				_ = os.Unsetenv(name) // fails for an empty name only
			}
		}
	}
	return s
}

// socketsOf returns the sockets of the cluster's DNS that the previous program handed over.
func socketsOf(before *upgrade.Handover) *clusterdns.Sockets {
	if before == nil {
		return clusterdns.NewSockets(nil)
	}
	return clusterdns.NewSockets(before.Descriptors)
}

// getenv is os.Getenv with the secrets.
func (s secrets) getenv(name string) string {
	if value, is := s[name]; is {
		return value
	}
	return os.Getenv(name)
}

// directory returns where the executor keeps programs that replace it: the sandbox,
// or root if the sandbox is not visible in Docker's mount namespace.
func directory(agent mesos.ExecutorConfig, root string) string {
	for _, dir := range []string{agent.Sandbox, agent.Directory} {
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			return dir
		}
	}
	return root
}
