package app

import (
	"flag"
	"fmt"
	"net"
	"path/filepath"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
)

// declareExecutor declares the flags of the executors on agents.
func (o *options) declareExecutor(fs *flag.FlagSet) {
	fs.StringVar(&o.executorURI, "executor_uri", "", "`path or URI` from which Mesos agents fetch executor_runner (default: the one built next to this program, served over HTTP)")
	fs.IntVar(&o.executorPort, "executor_port", 0, "`port`, on -secure_address, at which agents fetch executor_runner when -executor_uri is empty (default: a free one)")
	fs.Float64Var(&o.executorCPUs, "executor_cpus", cpus(framework.DefaultExecutor), "`cpus` of the agent that an executor itself uses, in addition to its pods")
	fs.Int64Var(&o.executorMem, "executor_mem", framework.DefaultExecutor.Mem, "memory in `MiB` of the agent that an executor itself uses, in addition to its pods")
	fs.Float64Var(&o.resizeCPUs, "resize_cpus", 0, "`cpus` of the agent that an executor holds in addition, for pods that grow in place beyond what their Mesos tasks have; running executors keep theirs")
	fs.Int64Var(&o.resizeMem, "resize_mem", 0, "memory in `MiB` of the agent that an executor holds in addition, for pods that grow in place beyond what their Mesos tasks have; running executors keep theirs")
	fs.BoolVar(&o.containPods, "contain_pods", true, "make pods' containers part of the executor's Mesos container, so that its limits hold for them, where agents' isolators use control groups")
	fs.StringVar(&o.dockerEndpoint, "docker_endpoint", "", "`endpoint` of the Docker daemon on agents (default: each agent's DOCKER_HOST, or the usual socket)")
	fs.StringVar(&o.rootDir, "root_dir", "", "`directory` on agents for pods' volumes, logs and certificates (default: executor_runner's, /var/lib/kubernetes-mesos); running executors keep theirs")
	fs.StringVar(&o.volumeDir, "volume_dir", "", "`directory` on agents for volumes of storage class local, which outlive pods, executors and agents (default: volumes in -root_dir); running executors keep theirs")
	fs.StringVar(&o.nodeAddress, "node_address", "", "`address` of the only agent, or the network of all agents' node addresses, such as 10.1.0.0/16 (default: the agent's address); running executors keep theirs")
	fs.IntVar(&o.maxPods, "max_pods", taskdata.DefaultMaxPods, "how many `pods` an agent runs at most; running executors keep theirs")
	fs.Int64Var(&o.containerPidsLimit, "container_pids_limit", 0, "how many `processes` and threads a container may have (default: executor_runner's, 4096); -1: no limit; running executors keep theirs")
	fs.StringVar(&o.resolvConf, "resolv_conf", "", "`file` on agents that names their DNS servers (default: /etc/resolv.conf, or the one behind systemd-resolved); running executors keep theirs")
	fs.StringVar(&o.cniBinDir, "cni_bin_dir", "", "`directory` on agents with the plugins of CNI, for -pod_network=cni (default: /opt/cni/bin)")
	fs.StringVar(&o.cniConfDir, "cni_conf_dir", "", "`directory` on agents with configurations of CNI, of which the first in lexical order counts, for -pod_network=cni (default: /etc/cni/net.d)")
	fs.StringVar(&o.cniNetwork, "cni_network", "", "`name` of the network to take from -cni_conf_dir instead of the first, as where Mesos' tasks have networks of their own")
	fs.DurationVar(&o.executorIdleTimeout, "executor_idle_timeout", 10*time.Minute, "after how long (a `duration`) without pods an executor ends, which frees what it uses of its agent and removes the logs of finished pods; 0: never")
	fs.StringVar(&o.machines, "machines", "", "comma-separated `host names` of the agents to use (default: every agent that offers)")
	fs.Float64Var(&o.defaultContainerCPU, "default_container_cpu", cpus(framework.DefaultContainer), "`cpus` to count for a container that states neither cpu nor memory")
	fs.Int64Var(&o.defaultContainerMem, "default_container_mem", framework.DefaultContainer.Mem, "`MiB` to count for a container that states neither cpu nor memory")
	fs.Int64Var(&o.defaultContainerDisk, "default_container_disk", framework.DefaultContainer.Disk, "`MiB` of Mesos' disk to count for a container that states no ephemeral-storage")
}

func (o *options) checkExecutor() error {
	if o.executorCPUs < 0.01 || o.executorMem < 32 {
		return fmt.Errorf("-executor_cpus=%g -executor_mem=%d: Mesos wants at least 0.01 cpus and 32 MiB for an executor", o.executorCPUs, o.executorMem)
	}
	if o.resizeCPUs < 0 || o.resizeMem < 0 {
		return fmt.Errorf("-resize_cpus=%g -resize_mem=%d: must not be negative", o.resizeCPUs, o.resizeMem)
	}
	if o.executorIdleTimeout < 0 {
		return fmt.Errorf("-executor_idle_timeout=%s: must not be negative", o.executorIdleTimeout)
	}
	if o.defaultContainerCPU < 0 || o.defaultContainerMem < 0 || o.defaultContainerDisk < 0 {
		return fmt.Errorf("-default_container_cpu=%g -default_container_mem=%d -default_container_disk=%d: must not be negative", o.defaultContainerCPU, o.defaultContainerMem, o.defaultContainerDisk)
	}
	if o.rootDir != "" && (!filepath.IsAbs(o.rootDir) || filepath.Clean(o.rootDir) == "/") {
		return fmt.Errorf("-root_dir=%s: name a directory of agents by its absolute path, not /", o.rootDir)
	}
	if o.volumeDir != "" && (!filepath.IsAbs(o.volumeDir) || filepath.Clean(o.volumeDir) == "/") {
		return fmt.Errorf("-volume_dir=%s: name a directory of agents by its absolute path, not /", o.volumeDir)
	}
	if _, _, err := net.ParseCIDR(o.nodeAddress); err != nil && o.nodeAddress != "" && net.ParseIP(o.nodeAddress) == nil {
		return fmt.Errorf("-node_address=%s: name an IP address, or a network such as 10.1.0.0/16", o.nodeAddress)
	}
	if o.resolvConf != "" && !filepath.IsAbs(o.resolvConf) {
		return fmt.Errorf("-resolv_conf=%s: name a file of agents by its absolute path", o.resolvConf)
	}
	if o.maxPods < 1 {
		return fmt.Errorf("-max_pods=%d: must be positive", o.maxPods)
	}
	if o.containerPidsLimit < -1 {
		return fmt.Errorf("-container_pids_limit=%d: -1 is no limit, 0 the default", o.containerPidsLimit)
	}
	if err := o.checkCNI(); err != nil {
		return err
	}
	return checkExecutorURI(o.executorURI, o.master.kind)
}

// checkCNI checks the flags that only mode cni uses.
func (o *options) checkCNI() error {
	for _, f := range []struct{ name, value string }{{"cni_bin_dir", o.cniBinDir}, {"cni_conf_dir", o.cniConfDir}, {"cni_network", o.cniNetwork}} {
		switch {
		case f.value == "":
		case o.podNetwork != networkCNI:
			return fmt.Errorf("-%s=%s has no effect without -pod_network=%s", f.name, f.value, networkCNI)
		case f.name != "cni_network" && !filepath.IsAbs(f.value):
			return fmt.Errorf("-%s=%s: name a directory of agents by its absolute path", f.name, f.value)
		}
	}
	return nil
}
