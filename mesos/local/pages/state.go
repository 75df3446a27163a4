package pages

import (
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

// A State is a master: GET /state.
type State struct {
	Version     string      `json:"version"`
	ID          string      `json:"id"`
	PID         string      `json:"pid"`
	Hostname    string      `json:"hostname"`
	Leader      string      `json:"leader"`
	StartTime   float64     `json:"start_time"`
	Activated   int         `json:"activated_slaves"`
	Deactivated int         `json:"deactivated_slaves"`
	Unreachable int         `json:"unreachable_slaves"`
	Slaves      []Agent     `json:"slaves"`
	Frameworks  []Framework `json:"frameworks"`
	Completed   []Framework `json:"completed_frameworks"`
}

// An Agent is an agent, also in a State.
type Agent struct {
	ID          string         `json:"id"`
	Hostname    string         `json:"hostname"`
	PID         string         `json:"pid"`
	Port        int32          `json:"port"`
	Active      bool           `json:"active"`
	Deactivated bool           `json:"deactivated"`
	Registered  float64        `json:"registered_time"`
	Attributes  map[string]any `json:"attributes"`
	Resources   Amounts        `json:"resources"`
	Used        Amounts        `json:"used_resources"`
	Offered     Amounts        `json:"offered_resources"`

	Reserved   map[string]Amounts `json:"reserved_resources"` // by role
	Unreserved Amounts            `json:"unreserved_resources"`

	Free Amounts `json:"free_resources"` // our own addition
}

// A Framework is a framework of a State.
type Framework struct {
	ID           string     `json:"id"`
	Name         string     `json:"name"`
	User         string     `json:"user"`
	Roles        []string   `json:"roles"`
	Hostname     string     `json:"hostname"`
	WebUIURL     string     `json:"webui_url"`
	Principal    string     `json:"principal"`
	Active       bool       `json:"active"`
	Checkpoint   bool       `json:"checkpoint"`
	Failover     float64    `json:"failover_timeout"`
	Registered   float64    `json:"registered_time"`
	Unregistered float64    `json:"unregistered_time"`
	Capabilities []string   `json:"capabilities"`
	Suppressed   []string   `json:"suppressed_roles"` // our own addition
	Tasks        []Task     `json:"tasks"`
	Unreachable  []Task     `json:"unreachable_tasks"`
	Finished     []Task     `json:"completed_tasks"`
	Offers       []Offer    `json:"offers"`
	Executors    []Executor `json:"executors"`
}

// A Task is a task of a Framework.
type Task struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Framework string   `json:"framework_id"`
	Executor  string   `json:"executor_id"`
	Slave     string   `json:"slave_id"`
	State     string   `json:"state"`
	Resources Amounts  `json:"resources"`
	Statuses  []Status `json:"statuses"`
}

// A Status is a status that was sent for a Task.
type Status struct {
	State     string  `json:"state"`
	Timestamp float64 `json:"timestamp"`
	Reason    string  `json:"reason,omitempty"`
	Message   string  `json:"message,omitempty"`
}

// An Offer is an offer that a Framework holds.
type Offer struct {
	ID        string  `json:"id"`
	Slave     string  `json:"slave_id"`
	Resources Amounts `json:"resources"`
}

// An Executor is an executor of an agent or Framework.
type Executor struct {
	ID        string  `json:"executor_id"`
	Slave     string  `json:"slave_id"`
	Container string  `json:"container"`
	Directory string  `json:"directory"`
	PID       int     `json:"pid"`
	Phase     string  `json:"phase"` // our own addition
	Resources Amounts `json:"resources"`
}

// Amounts are resources in the form of the pages of Mesos.
type Amounts map[string]any

// ToAmounts converts resources.
func ToAmounts(rs []*mesospb.Resource) Amounts {
	out := Amounts{}
	for _, name := range []string{"cpus", "mem", "disk", "gpus"} {
		out[name] = float64(resources.Scalar(rs, name)) / 1000
	}
	if ports := resources.Ports(rs); len(ports) > 0 {
		out["ports"] = resources.FormatRanges(ports)
	}
	return out
}

// ToReserved converts an agent's resources, apart by the role that they are reserved for.
func ToReserved(rs []*mesospb.Resource) (reserved map[string]Amounts, unreserved Amounts) {
	byRole := map[string][]*mesospb.Resource{}
	for _, r := range rs {
		role := resources.Role(r)
		byRole[role] = append(byRole[role], r)
	}
	reserved = map[string]Amounts{}
	for role, of := range byRole {
		if role != "*" {
			reserved[role] = ToAmounts(of)
		}
	}
	return reserved, ToAmounts(byRole["*"])
}

// An AgentState is GET /state of an agent: itself and its executors.
type AgentState struct {
	Agent
	Version   string     `json:"version"`
	Executors []Executor `json:"executors"`
}

// Epoch returns a time in seconds, 0 for none.
func Epoch(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMicro()) / 1e6
}

// ToAttributes converts an agent's attributes.
func ToAttributes(attributes []*mesospb.Attribute) map[string]any {
	out := map[string]any{}
	for _, x := range attributes {
		switch x.GetType() {
		case mesospb.Value_SCALAR:
			out[x.GetName()] = x.GetScalar().GetValue()
		case mesospb.Value_TEXT:
			out[x.GetName()] = x.GetText().GetValue()
		case mesospb.Value_RANGES:
			var rs []resources.Range
			for _, r := range x.GetRanges().GetRange() {
				rs = append(rs, resources.Range{Begin: r.GetBegin(), End: r.GetEnd()})
			}
			out[x.GetName()] = resources.FormatRanges(rs)
		}
	}
	return out
}

// ToStatuses converts the statuses that were sent for a task.
func ToStatuses(sent []*mesospb.TaskStatus) []Status {
	out := []Status{}
	for _, s := range sent {
		x := Status{State: s.GetState().String(), Timestamp: s.GetTimestamp(), Message: s.GetMessage()}
		if s.Reason != nil {
			x.Reason = s.GetReason().String()
		}
		out = append(out, x)
	}
	return out
}
