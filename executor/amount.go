package executor

import "github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"

// amount adds up the resources that a node has, whatever role they are reserved
// for.
func amount(resources []*mesospb.Resource) Amount {
	var a Amount
	for _, r := range resources {
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
