package framework

import (
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	"k8s.io/apimachinery/pkg/api/resource"
)

func encode(t testing.TB, e *mesospb.ExecutorInfo) []byte {
	t.Helper()
	b, err := e.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func quantity(s string) resource.Quantity { return resource.MustParse(s) }

func taskOn(id, pod string, attempt int, agent, node string) scheduler.Task {
	return scheduler.Task{ID: id, PodUID: pod, Attempt: attempt, Agent: agent, Node: node, Amount: scheduler.Amount{CPU: 500, Mem: 64}}
}
