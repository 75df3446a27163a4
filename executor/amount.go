package executor

import "github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"

// amount adds up the resources that a node has for pods, whatever role they are
// reserved for: no disks of their own, which pods get none of.
func amount(resources []*mesospb.Resource) Amount {
	var a Amount
	for _, r := range resources {
		if r.Disk != nil {
			continue
		}
		v := r.GetScalar().GetValue()
		switch r.GetName() {
		case "cpus":
			a.CPUs += v
		case "mem":
			a.Mem += v
		case "disk":
			a.Disk += v
		}
	}
	return a
}
