package framework

import (
	"sync"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// identity is the framework as Mesos knows it. The connection asks for it with
// each subscription, the loop sets the id once Mesos has given one.
type identity struct {
	info Info

	mu sync.Mutex
	id string
}

func (i *identity) get() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.id
}

func (i *identity) set(id string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.id = id
}

// frameworkInfo is sent with every subscription. checkpoint lets executors
// outlive a restart of their agent. The capabilities: PARTITION_AWARE, without
// which Mesos would report a task that may come back as lost, and
// TASK_KILLING_STATE, so an executor may report that it is stopping a pod.
// Masters too old to know one drop its number from a binary message and keep
// their old behaviour (observed on 1.0.4), which the core understands as well.
func (i *identity) frameworkInfo() *mesospb.FrameworkInfo {
	f := &mesospb.FrameworkInfo{
		User:            proto.String(i.info.User),
		Name:            proto.String(i.info.Name),
		FailoverTimeout: proto.Float64(i.info.FailoverTimeout.Seconds()),
		Checkpoint:      proto.Bool(true),
		Role:            proto.String(i.info.Role),
		Capabilities: []*mesospb.FrameworkInfo_Capability{
			{Type: mesospb.FrameworkInfo_Capability_PARTITION_AWARE.Enum()},
			{Type: mesospb.FrameworkInfo_Capability_TASK_KILLING_STATE.Enum()},
		},
		Hostname:  optional(i.info.Hostname),
		Principal: optional(i.info.Principal),
		WebuiUrl:  optional(i.info.WebUI),
	}
	if id := i.get(); id != "" {
		f.Id = &mesospb.FrameworkID{Value: &id}
	}
	return f
}

// optional returns nil (not set) for the empty string.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
