package app

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/client-go/kubernetes"

	"github.com/kubernetes-mesos/kubernetes-mesos/controlplane"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/artifact"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
)

// clientOf returns a client of the control plane that is limited by nothing but
// the server, and writes only while this process leads.
func clientOf(plane *controlplane.ControlPlane) (kubernetes.Interface, error) {
	cfg := plane.ClientConfig()
	cfg.QPS = -1
	cfg.Wrap(plane.Elector().Guard)
	return kubernetes.NewForConfig(cfg)
}

// executorFor returns how agents get the executor. Without -executor_uri it is
// the one built next to this program: a local Mesos copies the file, others fetch
// it from a server that is started here. The program is the one that should
// replace running executors; nil: they stay as they are.
func executorFor(ctx context.Context, p *parts, o options, plane *controlplane.ControlPlane) (framework.Executor, *taskdata.Program, error) {
	e := framework.Executor{
		URI:       o.executorURI,
		Amount:    scheduler.Amount{CPU: milli(o.executorCPUs + o.resizeCPUs), Mem: o.executorMem + o.resizeMem},
		Arguments: o.executorArguments(),
	}
	if o.executorURI != "" {
		return e, nil, nil
	}
	path, err := ownExecutor()
	if err != nil {
		return e, nil, usageError{err}
	}
	if o.master.kind == masterLocal {
		e.URI = path
		return e, nil, nil
	}
	server, err := artifact.New(path, net.JoinHostPort(o.secureAddress, fmt.Sprint(o.executorPort)))
	if err != nil {
		return e, nil, usageError{fmt.Errorf("-executor_port: %w", err)}
	}
	p.start(ctx, "delivery of the executor", server.Run)
	api, err := url.Parse(plane.Servers()[0])
	if err != nil {
		return e, nil, err
	}
	e.URI, e.Cache = server.URL(api.Hostname()), true
	return e, &taskdata.Program{URL: e.URI, SHA256: server.SHA256()}, nil
}

// executorArguments returns the executors' flags that differ from their
// defaults: an executor keeps its arguments as long as it lives.
func (o options) executorArguments() []string {
	var args []string
	if !o.containPods {
		args = append(args, "-contain_pods=false")
	}
	if o.dockerEndpoint != "" {
		args = append(args, "-docker_endpoint="+o.dockerEndpoint)
	}
	if o.rootDir != "" {
		args = append(args, "-root_dir="+o.rootDir)
	}
	if o.nodeAddress != "" {
		args = append(args, "-node_address="+o.nodeAddress)
	}
	if o.maxPods != taskdata.DefaultMaxPods {
		args = append(args, fmt.Sprint("-max_pods=", o.maxPods))
	}
	if o.volumeDir != "" {
		args = append(args, "-volume_dir="+o.volumeDir)
	}
	if o.resizeCPUs > 0 {
		args = append(args, fmt.Sprint("-resize_cpus=", o.resizeCPUs))
	}
	if o.resizeMem > 0 {
		args = append(args, fmt.Sprint("-resize_mem=", o.resizeMem))
	}
	if o.resolvConf != "" {
		args = append(args, "-resolv_conf="+o.resolvConf)
	}
	if o.containerPidsLimit != 0 {
		args = append(args, fmt.Sprint("-container_pids_limit=", o.containerPidsLimit))
	}
	return args
}

// ownExecutor finds executor_runner where build.sh puts it, or next to this program.
func ownExecutor() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	dir := filepath.Dir(self)
	for _, path := range []string{
		filepath.Join(dir, "executor_runner"),
		filepath.Join(filepath.Dir(dir), "executor_runner", "executor_runner"),
	} {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, nil
		}
	}
	return "", fmt.Errorf("-executor_uri: there is no executor_runner next to %s: build it, or name one", self)
}

// checkExecutorURI rejects a path that cannot be right. A local Mesos is on this
// machine, so the file must be here too; agents of a remote Mesos look on their own
// machines.
func checkExecutorURI(uri string, kind int) error {
	if uri == "" || kind == masterNone || strings.Contains(uri, "://") {
		return nil
	}
	if !filepath.IsAbs(uri) {
		return fmt.Errorf("-executor_uri=%s: a path must be absolute, as agents look for it", uri)
	}
	if kind == masterRemote {
		return nil
	}
	if info, err := os.Stat(uri); err != nil {
		return fmt.Errorf("-executor_uri: %w", err)
	} else if !info.Mode().IsRegular() {
		return fmt.Errorf("-executor_uri: %s is not a file", uri)
	}
	return nil
}
