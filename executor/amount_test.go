package executor

import (
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

// A node has what the framework takes for pods: whatever is reserved, but no mounted disk.
func TestAmount(t *testing.T) {
	t.Parallel()
	rs, err := resources.Parse("cpus:2.5;cpus(web):1;mem:100;disk:1000;disk(web):500;ports:[1-2]")
	if err != nil {
		t.Fatal(err)
	}
	mounted := *rs[len(rs)-2]
	mounted.Disk = &mesospb.Resource_DiskInfo{}
	if got := amount(append(rs, &mounted)); got != (Amount{CPUs: 3.5, Mem: 100, Disk: 1500}) {
		t.Errorf("got %+v", got)
	}
}
