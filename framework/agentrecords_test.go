package framework

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/nodes"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/records"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Two agents share a host name. One is lost and the other takes its Node; when
// the first comes back it gets another Node, and its tasks and its executor are
// still known.
func TestAgentReturnsAfterItsNodeWasTaken(t *testing.T) {
	t.Parallel()
	as := noAgents()
	first := offerOf(as, makeOffer("o1", "m-S1", four, at("big", 5051), withExecutor))
	first.Executor = []byte{1}
	first.tasks["t"] = taskOn("t", "p", 1, "m-S1", "big")
	first.lost = true
	second := offerOf(as, makeOffer("o2", "m-S2", four, at("big", 5052)))
	again := offerOf(as, makeOffer("o3", "m-S1", four, at("big", 5051), withExecutor))
	if second.Node != "big" || again.Node != "big-s1" {
		t.Errorf("nodes %q and %q", second.Node, again.Node)
	}
	if again != first || len(again.Executor) == 0 || len(again.tasks) == 0 {
		t.Errorf("of the first agent is known %+v", again)
	}
}

// Two agents are on record for a Node, as the first has tasks left. After a restart
// the Node belongs to the one that its object names, whatever their ids are.
func TestNodeNamesItsAgentAfterRestart(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"m-S1", "m-S2"} {
		as := newAgents(records.Records{Agents: map[string]records.Agent{"m-S1": {Node: "big", Hostname: "big"}, "m-S2": {Node: "big", Hostname: "big"}}}, &recordedJobs{}, logr.Discard())
		node := &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: "big", Annotations: map[string]string{nodes.AnnotationAgent: id}}}
		as.saw(node)
		if as.holder["big"] != id {
			t.Errorf("the Node names agent %s, and %s has it", id, as.holder["big"])
		}
		as.byID[id].lost = true
		other := offerOf(as, makeOffer("o1", "m-S3", four, at("big", 5052)))
		as.saw(node) // as it was before
		if !as.holds(other) {
			t.Errorf("agent %s took the Node over, and %s has it", other.id, as.holder["big"])
		}
	}
}

// While the first launch on an agent is being stored, the second one is made to
// the same executor. The first cannot be stored: the second brings the record of
// the executor that it is sent with.
func TestExecutorIsOnRecordBeforeItsTasks(t *testing.T) {
	t.Parallel()
	w := newHarness(t)
	storing, release := make(chan struct{}, 10), make(chan struct{})
	w.store.fail = func(cs []Change) error {
		for _, c := range cs {
			if c.Key == keyTasks+"uid-a.1" && c.Value != nil {
				storing <- struct{}{}
				<-release
				return errStory
			}
		}
		return nil
	}
	w.start()
	w.post(makePod("a"))
	w.offers(has("S1", "cpus:0.75;mem:400"))
	receive(t, storing, "an attempt to store")
	w.post(makePod("b"))
	more := 0
	w.eventually("b is launched", func() bool {
		more++
		w.mesos.Event(&mesospb.SchedulerEvent{Type: mesospb.SchedulerEvent_OFFERS.Enum(), Offers: &mesospb.SchedulerEvent_Offers{
			Offers: []*mesospb.Offer{makeOffer(fmt.Sprint("more", more), "S1", four)}}})
		s, err := w.frame.Status(w.Context())
		return err == nil && len(s.Agents) == 1 && slices.Contains(s.Agents[0].Tasks, "uid-b.1")
	})
	close(release)
	_, tasks := w.launch()
	record, there := w.store.get(keyAgents + "S1")
	if !there || tasks[0].GetTaskId().GetValue() != "uid-b.1" {
		t.Errorf("launched %s; the executor is on record: %v, %s", tasks[0].GetTaskId(), there, record)
	}
}

// A host that comes back repeatedly under new agent ids leaves one record.
func TestRecordsOfReplacedAgentsGo(t *testing.T) {
	t.Parallel()
	w := newHarness(t).start()
	for i := range 5 {
		name := fmt.Sprint("p", i)
		w.post(makePod(name))
		w.offers(func(id string) *mesospb.Offer { return makeOffer(id, fmt.Sprint("m-S", i), four, at("host", 5051)) })
		_, tasks := w.launch()
		w.update(tasks[0], mesospb.TaskState_TASK_RUNNING)
		w.call(mesospb.SchedulerCall_ACKNOWLEDGE)
		w.update(tasks[0], mesospb.TaskState_TASK_FINISHED)
		w.pod(name)
		w.offers()
		if err := w.client.CoreV1().Pods("default").Delete(w.Context(), name, metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		w.mesos.Event(&mesospb.SchedulerEvent{Type: mesospb.SchedulerEvent_FAILURE.Enum(), Failure: &mesospb.SchedulerEvent_Failure{AgentId: tasks[0].AgentId}})
	}
	w.eventually("one record of an agent is left, that of the last", func() bool {
		all, err := w.store.Load(w.Context())
		if err != nil {
			t.Fatal(err)
		}
		var agents []string
		for key := range all {
			if strings.HasPrefix(key, keyAgents) {
				agents = append(agents, key)
			}
		}
		return len(agents) == 1 && agents[0] == keyAgents+"m-S4"
	})
}

// An executor without any record cannot get a task: it ends, and the next one
// starts with the next pod.
func TestStrangeExecutorEnds(t *testing.T) {
	t.Parallel()
	w := newHarness(t).start()
	w.post(makePod("a"))
	w.offers(has("S1", four, withExecutor))
	if got := w.call(mesospb.SchedulerCall_SHUTDOWN).GetShutdown(); got.GetAgentId().GetValue() != "S1" || got.GetExecutorId().GetValue() == "" {
		t.Errorf("shut down %v", got)
	}
	w.call(mesospb.SchedulerCall_DECLINE)
	w.offers(has("S1", four))
	if _, tasks := w.launch(); tasks[0].GetTaskId().GetValue() != "uid-a.1" {
		t.Errorf("launched %s", tasks[0].GetTaskId())
	}
}
