package validate

import (
	"fmt"
	"math"
	"path/filepath"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

// A Place is where a task is to be launched.
type Place struct {
	Framework, Agent, Role string
	Taken                  bool // the framework has a task with this id already
}

// Task returns why a task cannot be launched at a place, apart from its amount of
// resources.
func Task(info *mesospb.TaskInfo, at Place) string {
	id := info.TaskId.GetValue()
	if p := ID(id); p != "" {
		return p
	}
	if at.Taken {
		return "Task has duplicate ID: " + id
	}
	if got := info.AgentId.GetValue(); got != at.Agent {
		return fmt.Sprintf("Task uses invalid agent %s while agent %s is expected", got, at.Agent)
	}
	switch {
	case (info.Executor == nil) == (info.Command == nil):
		return "Task should have at least one (but not both) of CommandInfo or ExecutorInfo present"
	case info.Command != nil:
		return "a local Mesos runs no command tasks; give the task an executor"
	case info.KillPolicy.GetGracePeriod().GetNanoseconds() < 0:
		return "Task's 'kill_policy.grace_period' must be non-negative"
	}
	if p := executorProblem(info.Executor, at.Framework); p != "" {
		return p
	}
	if len(info.Resources) == 0 {
		return "Task uses no resources"
	}
	for _, rs := range [][]*mesospb.Resource{info.Resources, info.Executor.Resources} {
		if p := resourcesProblem(rs, at.Role); p != "" {
			return p
		}
	}
	if sharePort(info.Resources, info.Executor.Resources) {
		return "There are overlapping resources in the task resources " + resources.Format(info.Resources) +
			" and executor resources " + resources.Format(info.Executor.Resources)
	}
	return ""
}

func executorProblem(e *mesospb.ExecutorInfo, framework string) string {
	if p := ID(e.ExecutorId.GetValue()); p != "" {
		return p
	}
	if id := e.FrameworkId; id != nil && id.GetValue() != framework {
		return fmt.Sprintf("ExecutorInfo has an invalid FrameworkID (Actual: %s vs Expected: %s)", id.GetValue(), framework)
	}
	if e.GetType() == mesospb.ExecutorInfo_DEFAULT {
		return "'ExecutorInfo.type' must be 'CUSTOM'"
	}
	if e.Command == nil {
		return "'ExecutorInfo.command' must be set"
	}
	if e.ShutdownGracePeriod.GetNanoseconds() < 0 {
		return "ExecutorInfo's 'shutdown_grace_period' must be non-negative"
	}
	for _, v := range e.Command.Environment.GetVariables() {
		if v.Value == nil {
			return fmt.Sprintf("Executor's `CommandInfo` is invalid: Environment variable '%s' of type 'VALUE' must have a value set", v.GetName())
		}
	}
	return ""
}

// resourcesProblem finds invalid amounts and resources of another role.
func resourcesProblem(rs []*mesospb.Resource, role string) string {
	for _, r := range rs {
		if problem := Amount(r); problem != "" {
			return problem
		}
		if i := r.AllocationInfo; i != nil && i.GetRole() != role {
			return fmt.Sprintf("The resources are allocated to role '%s' but the offer is of role '%s'", i.GetRole(), role)
		}
		if path := r.GetDisk().GetVolume().GetContainerPath(); resources.VolumeID(r) != "" && !filepath.IsLocal(path) {
			return fmt.Sprintf("Path '%s' of a persistent volume does not lead into the sandbox", path)
		}
	}
	return ""
}

// Amount returns why the amount of a resource is invalid.
func Amount(r *mesospb.Resource) string {
	complain := func(what string) string {
		return fmt.Sprintf("Resource '%s' is invalid: %s", resources.Format([]*mesospb.Resource{r}), what)
	}
	switch r.GetType() {
	case mesospb.Value_SCALAR:
		v := r.GetScalar().GetValue()
		if r.Scalar == nil || v < 0 || math.IsNaN(v) || math.IsInf(v, 0) || v > 0 && v < 0.0005 {
			return complain("Invalid scalar resource")
		}
	case mesospb.Value_RANGES:
		if r.Ranges == nil {
			return complain("Invalid ranges resource")
		}
		for _, x := range r.Ranges.Range {
			if x.GetEnd() < x.GetBegin() {
				return complain("Invalid ranges resource: begin > end")
			}
		}
	case mesospb.Value_SET:
		if r.Set == nil {
			return complain("Invalid set resource")
		}
	default:
		return complain("Unsupported resource type")
	}
	return ""
}

func sharePort(a, b []*mesospb.Resource) bool {
	for _, x := range resources.Ports(a) {
		for _, y := range resources.Ports(b) {
			if x.Begin <= y.End && y.Begin <= x.End {
				return true
			}
		}
	}
	return false
}
