// Executor_runner is the Mesos executor of kubernetes-mesos: a Mesos agent
// fetches and starts it, and it runs pods on that agent by the embedded kubelet
// and Docker. All that it must know comes from the agent and with the tasks.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/go-logr/logr"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockerd"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/mountns"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/node"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/upgrade"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/logging"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
)

// The exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // the node failed, the agent is gone, or something is left behind
	exitUsage  = 2 // a flag or the environment is wrong
)

// gcPercent lets the heap, which is small compared with the program itself, grow to
// three times its live size before it is collected: that saves a tenth of what an
// executor costs at rest. GOGC in the environment takes precedence.
const gcPercent = 200

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	os.Exit(run())
}

func run() int {
	logging.Init()
	docker := flag.String("docker_endpoint", "", "`endpoint` of the Docker daemon on this machine; the default is DOCKER_HOST or unix:///var/run/docker.sock")
	root := flag.String("root_dir", "/var/lib/kubernetes-mesos", "`directory` for pods' volumes, logs and certificates; each agent has its own in there")
	address := flag.String("node_address", "", "IP `address` under which the node is reached, or a network that it is in, such as 10.1.0.0/16; the default is the agent's, or that of the interface with the default route")
	maxPods := flag.Int("max_pods", taskdata.DefaultMaxPods, "how many pods this node takes at most")
	pidsLimit := flag.Int64("container_pids_limit", 0, "how many processes and threads a container may have; 0 means 4096, -1 no limit")
	contain := flag.Bool("contain_pods", true, "make pods' containers part of this executor's Mesos container, where the agent's isolators use control groups")
	check := flag.Bool(strings.TrimPrefix(upgrade.CheckFlag, "-"), false, "end at once: this says whether the program starts on this machine, with these flags")
	flag.Parse()
	logging.RouteKlog()
	defer logging.Flush()

	if flag.NArg() > 0 {
		return usage(fmt.Errorf("%q is no flag", flag.Arg(0)))
	}
	if *check {
		return exitOK
	}
	log := logging.New()
	enterMounts(*docker, log.WithName("mounts"))
	before, err := upgrade.Receive()
	if err != nil {
		log.Error(err, "this executor cannot take over from the previous program; its containers are left for the next executor")
		return exitFailed
	}
	secrets := takeSecrets(before)
	agent, err := mesos.ExecutorFromEnv(secrets.getenv)
	if err != nil {
		return usage(err)
	}
	agent.Log = log.WithName("mesos")
	n, err := node.New(node.Config{
		RootDir: *root, Docker: *docker, Endpoint: agent.Endpoint, Address: *address, MaxPods: *maxPods, PidsLimit: *pidsLimit,
		Contain: *contain, Sandbox: agent.Directory, Verbosity: logging.SetVerbosity, Log: log.WithName("node"),
	})
	if err != nil {
		return usage(withFlag(err))
	}
	programs := upgrade.New(directory(agent, *root), os.Args[1:], secrets)
	programs.Log, programs.Flush = log.WithName("upgrade"), logging.Flush
	config := executor.Config{
		Mesos: mesos.NewExecutor(agent), Runner: runner{n}, Grace: agent.ShutdownGrace,
		Programs: programs, Log: log.WithName("executor"),
	}
	if before != nil {
		config.State = before.State
	}
	e, err := executor.New(config)
	if err != nil {
		return usage(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := e.Run(ctx); err != nil && !errors.Is(err, mesos.ErrShutdown) {
		log.Error(err, "the executor has ended", "agent", agent.AgentID)
		return exitFailed
	}
	return exitOK
}

// enterMounts enters the mount namespace in which Docker sees the kubelet's mounts.
// That may restart this program, so it comes before everything else.
func enterMounts(docker string, log logr.Logger) {
	note, err := mountns.Enter(dockerd.Endpoint(docker))
	if err != nil {
		log.Error(err, "the mount namespace of Docker's daemon cannot be used: volumes that the kubelet mounts (secrets, configuration, memory) "+
			"may be empty in containers, if the agent gave this executor a mount namespace of its own")
	}
	if note != "" {
		log.Info(note)
	}
}

func usage(err error) int {
	fmt.Fprintln(os.Stderr, "executor_runner:", logging.Quote(err.Error()))
	return exitUsage
}
