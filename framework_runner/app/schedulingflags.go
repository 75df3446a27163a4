package app

import (
	"flag"
	"fmt"
	"slices"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/schedulerplugins"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
)

// schedulingFlags say how pods are placed: by which policies, and by which plugins.
type schedulingFlags struct {
	podOrder        string
	agentChoice     string
	schedulerConfig string // a file

	plugins schedulerplugins.Own // that the file may name, too
	given   []string             // those of the flags that the command line names
}

func (s *schedulingFlags) declare(fs *flag.FlagSet) {
	fs.StringVar(&s.podOrder, "pod_order", string(scheduler.FirstCome), "`policy` on which pod goes first among those of one priority: fcfs, first come, first served, or fair, where namespaces take turns by their share of the cluster")
	fs.StringVar(&s.agentChoice, "agent_choice", string(scheduler.Spread), "`policy` on which of the agents that offer at the same time takes the next pod: spread, where they take turns, or binpack, where one is filled before the next")
	fs.StringVar(&s.schedulerConfig, "scheduler_config", "", "`file` with a KubeSchedulerConfiguration (v1), whose profiles say which plugins of Kubernetes' scheduler filter and score agents for pods with their schedulerName; pods of other names are left alone (default: pods that state no preference are not scored)")
}

// note notes which flags the command line names: a recording is played again with the
// policies of its time unless others are.
func (s *schedulingFlags) note(fs *flag.FlagSet) {
	fs.Visit(func(f *flag.Flag) {
		if slices.Contains([]string{"pod_order", "agent_choice", "scheduler_config"}, f.Name) {
			s.given = append(s.given, f.Name)
		}
	})
}

func (s *schedulingFlags) check() error {
	if o := scheduler.Order(s.podOrder); !slices.Contains(scheduler.Orders, o) {
		return fmt.Errorf("-pod_order=%s: it is one of %v", o, scheduler.Orders)
	}
	if c := scheduler.Choice(s.agentChoice); !slices.Contains(scheduler.Choices, c) {
		return fmt.Errorf("-agent_choice=%s: it is one of %v", c, scheduler.Choices)
	}
	return nil
}
