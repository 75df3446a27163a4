package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local"
)

// validate checks what can be checked without touching anything but the secret file.
func (o *options) validate() error {
	for _, p := range []struct {
		flag       string
		value, min int
	}{{"port", o.port, 0}, {"secure_port", o.securePort, 1}} {
		if p.value < p.min || p.value > 65535 {
			return fmt.Errorf("-%s=%d: a port is between %d and 65535", p.flag, p.value, p.min)
		}
	}
	if !strings.HasPrefix(o.apiPrefix, "/") || strings.HasSuffix(o.apiPrefix, "/") {
		return fmt.Errorf("-api_prefix=%q: must begin with a slash and not end with one, as in /api", o.apiPrefix)
	}
	if o.executorCPUs < 0.01 || o.executorMem < 32 {
		return fmt.Errorf("-executor_cpus=%g -executor_mem=%d: Mesos wants at least 0.01 cpus and 32 MiB for an executor", o.executorCPUs, o.executorMem)
	}
	if o.executorIdleTimeout < 0 {
		return fmt.Errorf("-executor_idle_timeout=%s: must not be negative", o.executorIdleTimeout)
	}
	if o.defaultContainerCPU < 0 || o.defaultContainerMem < 0 {
		return fmt.Errorf("-default_container_cpu=%g -default_container_mem=%d: must not be negative", o.defaultContainerCPU, o.defaultContainerMem)
	}
	if o.failoverTimeout <= 0 {
		return fmt.Errorf("-failover_timeout=%s: must be positive, or Mesos would end every pod as soon as framework_runner restarts", o.failoverTimeout)
	}
	if (o.principal == "") != (o.secretFile == "") {
		return errors.New("-mesos_authentication_principal and -mesos_authentication_secret_file are given together or not at all")
	}
	var err error
	// Agents and executors work in directories of their own.
	if o.dataDir, err = filepath.Abs(o.dataDir); err != nil {
		return fmt.Errorf("-data_dir: %w", err)
	}
	if o.master, err = parseMaster(o.mesosMaster, o.mesosTLS); err != nil {
		return err
	}
	if o.localFaults != "" {
		if o.faults, err = local.ParseFaults([]byte(o.localFaults)); err != nil {
			return fmt.Errorf("-local_faults: %w", err)
		}
	}
	if o.localAgentTimeout <= 0 {
		return fmt.Errorf("-local_agent_timeout=%s: must be positive, or no agent would ever be there", o.localAgentTimeout)
	}
	if o.advertiseAddress == "" && o.master.kind != masterRemote {
		o.advertiseAddress = "127.0.0.1"
	}
	if len(list(o.controllers)) == 0 {
		return errors.New("-controllers is empty: say * for the usual ones or none for none")
	}
	if err := checkExecutor(o.executorURI, o.master.kind); err != nil {
		return err
	}
	if o.rootDir != "" && (!filepath.IsAbs(o.rootDir) || filepath.Clean(o.rootDir) == "/") {
		return fmt.Errorf("-root_dir=%s: name a directory of agents by its absolute path, not /", o.rootDir)
	}
	if _, _, err := net.ParseCIDR(o.nodeAddress); err != nil && o.nodeAddress != "" && net.ParseIP(o.nodeAddress) == nil {
		return fmt.Errorf("-node_address=%s: name an IP address, or a network like 10.1.0.0/16", o.nodeAddress)
	}
	if o.maxPods < 1 {
		return fmt.Errorf("-max_pods=%d: must be positive", o.maxPods)
	}
	if o.containerPidsLimit < -1 {
		return fmt.Errorf("-container_pids_limit=%d: say -1 for no limit, 0 for the default", o.containerPidsLimit)
	}
	if o.serveLocalMesos != "" && o.master.kind != masterLocal {
		return fmt.Errorf("-serve_local_mesos wants -mesos_master=local or local(N), not %q", o.mesosMaster)
	}
	if o.teardown && o.master.kind != masterRemote {
		return fmt.Errorf("-teardown wants the -mesos_master that this framework runs on, not %q: there is nothing to tear down", o.mesosMaster)
	}
	if o.mesosTLS.Key != "" {
		if err := private(o.mesosTLS.Key); err != nil {
			return fmt.Errorf("-mesos_key_file: %w", err)
		}
	}
	if err := o.readCredentials(); err != nil {
		return err
	}
	return o.setLogin()
}

// secret reads the principal's secret, "" when there is none. A final newline,
// as editors leave it, does not belong to the secret.
func (o *options) secret() (string, error) {
	if o.secretFile == "" {
		return "", nil
	}
	if err := private(o.secretFile); err != nil {
		return "", fmt.Errorf("-mesos_authentication_secret_file: %w", err)
	}
	b, err := os.ReadFile(o.secretFile)
	if err != nil {
		return "", fmt.Errorf("-mesos_authentication_secret_file: %w", err)
	}
	s := strings.TrimRight(string(b), "\r\n")
	if s == "" {
		return "", fmt.Errorf("-mesos_authentication_secret_file: %s is empty", o.secretFile)
	}
	return s, nil
}

// private refuses a file that everybody on this machine may read or write.
func private(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if mode := info.Mode().Perm(); mode&0o007 != 0 {
		return fmt.Errorf("%s is open to everybody (%04o); close it: chmod o= %[1]s", path, mode)
	}
	return nil
}
