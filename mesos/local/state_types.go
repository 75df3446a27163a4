package local

import (
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

type statePage struct {
	Version     string          `json:"version"`
	ID          string          `json:"id"`
	PID         string          `json:"pid"`
	Hostname    string          `json:"hostname"`
	Leader      string          `json:"leader"`
	StartTime   float64         `json:"start_time"`
	Activated   int             `json:"activated_slaves"`
	Deactivated int             `json:"deactivated_slaves"`
	Unreachable int             `json:"unreachable_slaves"`
	Slaves      []slavePage     `json:"slaves"`
	Frameworks  []frameworkPage `json:"frameworks"`
	Completed   []frameworkPage `json:"completed_frameworks"`
}

type slavePage struct {
	ID          string         `json:"id"`
	Hostname    string         `json:"hostname"`
	PID         string         `json:"pid"`
	Port        int32          `json:"port"`
	Active      bool           `json:"active"`
	Deactivated bool           `json:"deactivated"`
	Registered  float64        `json:"registered_time"`
	Attributes  map[string]any `json:"attributes"`
	Resources   amounts        `json:"resources"`
	Used        amounts        `json:"used_resources"`
	Offered     amounts        `json:"offered_resources"`
	Free        amounts        `json:"free_resources"` // our own addition
}

type frameworkPage struct {
	ID           string         `json:"id"`
	Name         string         `json:"name"`
	User         string         `json:"user"`
	Roles        []string       `json:"roles"`
	Hostname     string         `json:"hostname"`
	WebUIURL     string         `json:"webui_url"`
	Principal    string         `json:"principal"`
	Active       bool           `json:"active"`
	Checkpoint   bool           `json:"checkpoint"`
	Failover     float64        `json:"failover_timeout"`
	Registered   float64        `json:"registered_time"`
	Unregistered float64        `json:"unregistered_time"`
	Capabilities []string       `json:"capabilities"`
	Suppressed   []string       `json:"suppressed_roles"` // our own addition
	Tasks        []taskPage     `json:"tasks"`
	Unreachable  []taskPage     `json:"unreachable_tasks"`
	Finished     []taskPage     `json:"completed_tasks"`
	Offers       []offerPage    `json:"offers"`
	Executors    []executorPage `json:"executors"`
}

type taskPage struct {
	ID        string       `json:"id"`
	Name      string       `json:"name"`
	Framework string       `json:"framework_id"`
	Executor  string       `json:"executor_id"`
	Slave     string       `json:"slave_id"`
	State     string       `json:"state"`
	Resources amounts      `json:"resources"`
	Statuses  []statusPage `json:"statuses"`
}

type statusPage struct {
	State     string  `json:"state"`
	Timestamp float64 `json:"timestamp"`
	Reason    string  `json:"reason,omitempty"`
	Message   string  `json:"message,omitempty"`
}

type offerPage struct {
	ID        string  `json:"id"`
	Slave     string  `json:"slave_id"`
	Resources amounts `json:"resources"`
}

type executorPage struct {
	ID        string  `json:"executor_id"`
	Slave     string  `json:"slave_id"`
	Container string  `json:"container"`
	Directory string  `json:"directory"`
	PID       int     `json:"pid"`
	Phase     string  `json:"phase"` // our own addition
	Resources amounts `json:"resources"`
}

// amounts are resources in the form of the pages of Mesos.
type amounts map[string]any

func toAmounts(rs []*mesospb.Resource) amounts {
	out := amounts{}
	for _, name := range []string{"cpus", "mem", "disk", "gpus"} {
		out[name] = float64(resources.Scalar(rs, name)) / 1000
	}
	if ports := resources.Ports(rs); len(ports) > 0 {
		out["ports"] = resources.FormatRanges(ports)
	}
	return out
}
