// Executor_runner is the Mesos executor of kubernetes-mesos: a Mesos agent
// fetches and starts it, and it runs pods on that agent by the embedded kubelet
// and Docker. All that it must know comes from the agent and with the tasks.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/go-logr/logr"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockerd"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/mountns"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/node"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/upgrade"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/logging"
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
	flags, o := flagSet()
	_ = flags.Parse(os.Args[1:]) // ends the program where it fails
	logging.RouteKlog()
	defer logging.Flush()

	if flags.NArg() > 0 {
		return usage(fmt.Errorf("%q is not a flag", flags.Arg(0)))
	}
	if o.check {
		return exitOK
	}
	log := logging.New()
	enterMounts(o.docker, log.WithName("mounts"))
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
	cfg := o.node(agent)
	cfg.Verbosity, cfg.Log = logging.SetVerbosity, log.WithName("node")
	cfg.Names = socketsOf(before)
	n, err := node.New(cfg)
	if err != nil {
		return usage(withFlag(err))
	}
	programs := upgrade.New(directory(agent, o.root), os.Args[1:], secrets)
	programs.Log, programs.Flush, programs.Descriptors = log.WithName("upgrade"), logging.Flush, cfg.Names.Descriptors
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
