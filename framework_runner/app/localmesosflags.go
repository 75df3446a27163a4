package app

import (
	"flag"
	"fmt"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local"
)

// declareLocalMesos declares the flags of a Mesos inside this process.
func (o *options) declareLocalMesos(fs *flag.FlagSet) {
	fs.StringVar(&o.serveLocalMesos, "serve_local_mesos", "", "serve only the Mesos of -mesos_master=local(N), at this `host:port`; framework_runners connect to it with -mesos_master=host:port")
	fs.StringVar(&o.localAddress, "local_address", "127.0.0.1:5050", "`host:port` of the master of a local Mesos")
	fs.StringVar(&o.localResources, "local_resources", "", "`resources` of each local agent, as Mesos writes them: cpus:4;mem:4096;disk:10000;ports:[31000-31999] (default: those of this machine, with its ports divided among the agents)")
	fs.StringVar(&o.localAttributes, "local_attributes", "", "`attributes` of each local agent: rack:r1;zone:a")
	fs.StringVar(&o.localHosts, "local_hosts", "", "comma-separated `directories` of namespaces, one for each local agent: its executors are in the network and mount namespaces there, such as /proc/1/ns, as if on machines of their own (default: all on this machine)")
	fs.StringVar(&o.localWorkDir, "local_work_dir", "", "`directory` of the local Mesos' sandboxes (default: mesos in -data_dir; with -serve_local_mesos a temporary one)")
	fs.StringVar(&o.localCredentials, "local_credentials", "", "`file` with the frameworks' principals and secrets that a local Mesos accepts: a line of \"principal secret\" for each, or JSON as Mesos has it; only its owner and group may read it. "+
		"Without it, -serve_local_mesos run by root starts no tasks")
	fs.StringVar(&o.localFaults, "local_faults", "", "what goes wrong at random in a local Mesos, `JSON` such as {\"SwallowUpdates\": 0.1}; docs/local-mesos.md lists the faults (default: none)")
	fs.DurationVar(&o.localAgentTimeout, "local_agent_timeout", 75*time.Second, "after how long (a `duration`) a silent agent of a local Mesos is unreachable")
}

func (o *options) checkLocalMesos() error {
	if o.serveLocalMesos != "" && o.master.kind != masterLocal {
		return fmt.Errorf("-serve_local_mesos wants -mesos_master=local or local(N), not %q", o.mesosMaster)
	}
	if o.localAgentTimeout <= 0 {
		return fmt.Errorf("-local_agent_timeout=%s: must be positive, or every agent would be unreachable", o.localAgentTimeout)
	}
	if o.localFaults == "" {
		return nil
	}
	var err error
	if o.faults, err = local.ParseFaults([]byte(o.localFaults)); err != nil {
		return fmt.Errorf("-local_faults: %w", err)
	}
	return nil
}
