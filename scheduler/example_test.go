package scheduler_test

import (
	"fmt"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
)

// A pod arrives, Mesos offers an agent, the executor there takes the task: each is an
// event, and what the core wants done is its answer.
func Example() {
	core := scheduler.New(scheduler.Config{Executor: scheduler.Amount{CPU: 100, Mem: 64}})
	now := time.Unix(0, 0)
	tell := func(e scheduler.Event) {
		for _, call := range core.Step(now, e) {
			switch c := call.(type) {
			case scheduler.Launch:
				fmt.Println("launch", c.Tasks[0].ID, "on", c.Agent)
			case scheduler.Bind:
				fmt.Println("bind", c.PodUID, "to", c.Task.Node)
			default:
				fmt.Printf("%T\n", c)
			}
		}
	}
	tell(scheduler.Restored{})
	tell(scheduler.NodeChanged{Name: "node-1", Node: &v1.Node{}})
	tell(scheduler.PodsListed{})
	tell(scheduler.Subscribed{})
	tell(scheduler.PodAdded{Pod: scheduler.Pod{UID: "web", Amount: scheduler.Amount{CPU: 500, Mem: 128}}})
	tell(scheduler.Offered{Offers: []scheduler.Offer{{
		ID: "offer-1", Agent: "agent-1", Node: "node-1", Amount: scheduler.Amount{CPU: 4000, Mem: 1024},
	}}})
	now = now.Add(time.Second)
	tell(scheduler.Updated{Update: scheduler.Update{
		Task: "web.1", Agent: "agent-1", State: mesospb.TaskState_TASK_STARTING,
		Source: mesospb.TaskStatus_SOURCE_EXECUTOR, UUID: "0123456789abcdef",
	}})
	tell(scheduler.Bound{Task: "web.1"})
	// Output:
	// scheduler.Reconcile
	// scheduler.Suppress
	// scheduler.Revive
	// launch web.1 on agent-1
	// scheduler.Suppress
	// bind web to node-1
	// scheduler.Acknowledge
}
