package framework

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/records"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
)

var update = flag.Bool("update", false, "rewrite testdata; look at the difference")

// quietLoop returns a loop that nothing runs: a test gives it messages and
// takes the calls out of its outbox.
func quietLoop(t *testing.T, change ...func(*Config)) *loop {
	t.Helper()
	cfg := Config{
		Client: fake.NewSimpleClientset(), Store: newMemory(&journal{}), Mesos: newMaster(&journal{}),
		Info:     Info{Role: "web"},
		Executor: Executor{URI: "/opt/executor_runner"},
		Cluster:  taskdata.Cluster{Servers: []string{"https://10.0.0.1:6443"}, CA: "PEM"},
	}
	for _, c := range change {
		c(&cfg)
	}
	f, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	l := f.newLoop(records.Records{}, &recordedJobs{})
	l.podsSynced()
	l.subscribed("F-1")
	return l
}

// sent returns the calls of a type that a quiet loop has made since the last time.
func sent(l *loop, t mesospb.SchedulerCall_Type) []*mesospb.SchedulerCall {
	out := l.outbox.(*recordedJobs)
	var calls []*mesospb.SchedulerCall
	for _, j := range out.jobs {
		if c := j.Call; c != nil && c.GetType() == t {
			calls = append(calls, c)
		}
	}
	out.jobs = nil
	return calls
}

// The policies and the priority that a pod has reach the core.
func TestPolicies(t *testing.T) {
	t.Parallel()
	l := quietLoop(t, func(c *Config) { c.Order, c.Choice = scheduler.Fair, scheduler.Binpack })
	for _, p := range []struct {
		name, namespace string
		priority        int32
	}{{"a1", "a", 0}, {"a2", "a", 0}, {"b1", "b", 0}, {"urgent", "a", 1}} {
		handle(l, podSeen{makePod(p.name, func(pod *v1.Pod) { pod.Namespace, pod.Spec.Priority = p.namespace, &p.priority })})
	}
	l.offered([]*mesospb.Offer{makeOffer("o1", "S1", four), makeOffer("o2", "S2", four, func(o *mesospb.Offer) { o.Url.Address.Ip = proto.String("10.1.0.8") })})
	var names []string
	for _, c := range sent(l, mesospb.SchedulerCall_ACCEPT) {
		for _, task := range c.GetAccept().GetOperations()[0].GetLaunch().GetTaskInfos() {
			names = append(names, task.GetName())
		}
	}
	if got := strings.Join(names, " "); got != "urgent.a b1.b a1.a a2.a" {
		t.Errorf("launched %s", got)
	}
}

// mixed is what an agent offers with a static and a dynamic reservation, and a
// resource that carries what we do not know.
func mixed(t *testing.T) *mesospb.Offer {
	o := makeOffer("o1", "S1", "cpus(web):1;cpus:3;mem(web):200;mem:4000;disk(web):100;disk:2000;ports:[31000-31010]", func(o *mesospb.Offer) {
		o.Url.Address.Ip = proto.String("10.1.0.7")
	})
	dynamic, err := resources.Parse("cpus(web):0.3")
	if err != nil {
		t.Fatal(err)
	}
	dynamic[0].Reservation = &mesospb.Resource_ReservationInfo{Principal: proto.String("ops")}
	o.Resources = append(o.Resources, dynamic[0])
	for _, r := range o.Resources {
		r.XXX_unrecognized = []byte{0x7a, 0x00} // field 15, empty
	}
	return o
}

// Launches keep to the rules by which a master checks an ACCEPT ("Validation of
// offers", "each task is validated on its own" in Mesos'
// src/master/validation.cpp), whatever the offers are made of.
func TestAcceptIsValid(t *testing.T) {
	t.Parallel()
	l := quietLoop(t)
	for i := range 7 {
		handle(l, podSeen{makePod(fmt.Sprint("p", i), func(p *v1.Pod) {
			p.UID = types.UID(fmt.Sprintf("6fd2fc56-b5e4-41c9-8d7d-7b3a7a3a0%03d", i))
			p.Spec.Containers[0].Ports = port(31000+int32(i), 80)
			p.Spec.Containers[0].Resources.Requests["ephemeral-storage"] = quantity("300Mi")
		})})
	}
	l.offered([]*mesospb.Offer{mixed(t)})
	calls := sent(l, mesospb.SchedulerCall_ACCEPT)
	if len(calls) != 1 {
		t.Fatalf("%d ACCEPTs", len(calls))
	}
	if problems := invalid(calls[0], mixed(t)); len(problems) > 0 {
		t.Error(strings.Join(problems, "\n"))
	}
	launched := calls[0].GetAccept().GetOperations()[0].GetLaunch().GetTaskInfos()
	if len(launched) != 7 {
		t.Errorf("%d tasks launched, 7 fit", len(launched))
	}
	if got := resources.Format(launched[0].Resources); !strings.Contains(got, "cpus(web)") || strings.Contains(got, "cpus:") {
		t.Errorf("the first task has %s: reserved cpus were left", got)
	}
	if got := amountOf(launched[0].Resources); got != (scheduler.Amount{CPU: 500, Mem: 64, Disk: 300}) {
		t.Errorf("the first task has %+v", got)
	}
}

// invalid lists what a master would find wrong with an ACCEPT of one offer, on
// which no executor of ours runs.
func invalid(c *mesospb.SchedulerCall, o *mesospb.Offer) (problems []string) {
	bad := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	seen := map[string]bool{}
	var executor *mesospb.ExecutorInfo
	rest := o.Resources
	for _, op := range c.GetAccept().GetOperations() {
		if op.GetType() != mesospb.Offer_Operation_LAUNCH {
			bad("operation %s", op.GetType())
		}
		for _, task := range op.GetLaunch().GetTaskInfos() {
			id := task.GetTaskId().GetValue()
			if id == "" || len(id) > 255 || id == "." || id == ".." || strings.ContainsAny(id, "/\\") || seen[id] {
				bad("task id %q", id)
			}
			seen[id] = true
			if task.GetAgentId().GetValue() != o.GetAgentId().GetValue() {
				bad("task %s is for agent %s", id, task.GetAgentId())
			}
			if task.Executor == nil || task.Command != nil {
				bad("task %s: exactly an executor is wanted", id)
			}
			if executor == nil {
				executor = task.Executor
				if rest2, ok := resources.Subtract(rest, executor.Resources); ok {
					rest = rest2
				} else {
					bad("the executor's %s are not offered", resources.Format(executor.Resources))
				}
			}
			if !proto.Equal(executor, task.Executor) {
				bad("task %s has another executor", id)
			}
			if executor.Command == nil || executor.GetFrameworkId().GetValue() != "F-1" {
				bad("executor %v", executor)
			}
			if len(task.Resources) == 0 {
				bad("task %s has no resources", id)
			}
			rest2, ok := resources.Subtract(rest, task.Resources)
			if !ok {
				bad("task %s: %s are not in %s", id, resources.Format(task.Resources), resources.Format(rest))
				continue
			}
			rest = rest2
		}
	}
	return problems
}

// One launch, exactly as Mesos gets it.
func TestAcceptGolden(t *testing.T) {
	t.Parallel()
	l := quietLoop(t)
	grace := int64(30)
	handle(l, podSeen{makePod("php", func(p *v1.Pod) {
		p.UID = "6fd2fc56-b5e4-41c9-8d7d-7b3a7a3a0c6c"
		p.Labels = map[string]string{"name": "foo", "tier": "web"}
		p.Spec.TerminationGracePeriodSeconds = &grace
		p.Spec.Containers[0].Ports = []v1.ContainerPort{{Name: "http", HostPort: 31003, ContainerPort: 80, Protocol: v1.ProtocolTCP}}
	})})
	l.offered([]*mesospb.Offer{mixed(t)})
	calls := sent(l, mesospb.SchedulerCall_ACCEPT)
	if len(calls) != 1 {
		t.Fatalf("%d ACCEPTs", len(calls))
	}
	task := calls[0].GetAccept().GetOperations()[0].GetLaunch().GetTaskInfos()[0]
	data, err := taskdata.Decode(task.Data)
	if err != nil {
		t.Fatal(err)
	}
	data.Cluster.Token = "abcdef.0123456789abcdef" // random
	if task.Data, err = data.Encode(); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/accept.txt", proto.MarshalTextString(calls[0]))
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; -update rewrites it. Now:\n%s", file, got)
	}
}

// The exact FrameworkInfo of a subscription.
func TestFrameworkInfoGolden(t *testing.T) {
	t.Parallel()
	cfg, err := Config{
		Client: fake.NewSimpleClientset(), Store: newMemory(&journal{}), Mesos: newMaster(&journal{}),
		Executor: Executor{URI: "/x"}, Info: Info{Role: "web", Principal: "ops"},
	}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	i := &identity{info: cfg.Info}
	i.set("F-1")
	golden(t, "testdata/framework.txt", proto.MarshalTextString(i.frameworkInfo()))
}
