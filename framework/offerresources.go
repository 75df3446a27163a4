package framework

import (
	"slices"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/mesosvolumes"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
)

func translateOffer(o *mesospb.Offer, a *agent) scheduler.Offer {
	rs := usable(o.GetResources())
	return scheduler.Offer{
		ID:       o.GetId().GetValue(),
		Agent:    a.id,
		Node:     a.Node,
		Amount:   amountOf(rs),
		Ports:    portsOf(rs),
		Executor: a.runs,
	}
}

// usable returns the offered resources that a task may use: none that are
// revocable, shared, separate disks or reserved for volumes.
func usable(rs []*mesospb.Resource) []*mesospb.Resource {
	return slices.DeleteFunc(slices.Clone(rs), func(r *mesospb.Resource) bool {
		return r.Revocable != nil || r.Shared != nil || r.Disk != nil || mesosvolumes.Claimed(r)
	})
}

// amountOf rounds down: fractions cannot be given out.
func amountOf(rs []*mesospb.Resource) scheduler.Amount {
	return scheduler.Amount{
		CPU:  resources.Scalar(rs, "cpus"),
		Mem:  resources.Scalar(rs, "mem") / 1000,
		Disk: resources.Scalar(rs, "disk") / 1000,
	}
}

func portsOf(rs []*mesospb.Resource) []scheduler.PortRange {
	var ports []scheduler.PortRange
	for _, r := range resources.Ports(rs) {
		if r.Begin <= 65535 && r.End >= r.Begin {
			ports = append(ports, scheduler.PortRange{Begin: uint16(r.Begin), End: uint16(min(r.End, 65535))})
		}
	}
	return ports
}

func plus(a, b scheduler.Amount) scheduler.Amount {
	return scheduler.Amount{CPU: a.CPU + b.CPU, Mem: a.Mem + b.Mem, Disk: a.Disk + b.Disk}
}

func larger(a, b scheduler.Amount) scheduler.Amount {
	return scheduler.Amount{CPU: max(a.CPU, b.CPU), Mem: max(a.Mem, b.Mem), Disk: max(a.Disk, b.Disk)}
}
