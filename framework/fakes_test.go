package framework

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/outbox"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
)

// The keys of the records, which every version shares.
const (
	keyFramework = "framework-id"
	keyTasks     = "tasks/"
	keyAgents    = "agents/"
)

// wait lets time pass; it returns false when ctx ended before.
func wait(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// recordedJobs keeps what is put into the outbox.
type recordedJobs struct{ jobs []outbox.Job }

func (r *recordedJobs) Put(j outbox.Job) { r.jobs = append(r.jobs, j) }
func (r *recordedJobs) Len() int         { return len(r.jobs) }

// recordedEvents keeps the events about pods and Nodes.
type recordedEvents struct{ events []string }

func (r *recordedEvents) Event(about runtime.Object, eventType, reason, message string) {
	r.events = append(r.events, fmt.Sprintf("%s %s %s: %s", about.(metav1.Object).GetName(), eventType, reason, message))
}

func handle(l *loop, m message) { m.apply(l) }

func makePod(name string, change ...func(*v1.Pod)) *v1.Pod {
	p := &v1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name, UID: types.UID("uid-" + name), CreationTimestamp: metav1.Now(), ResourceVersion: "1"},
		Spec: v1.PodSpec{Containers: []v1.Container{{
			Name:      "main",
			Resources: v1.ResourceRequirements{Requests: v1.ResourceList{"cpu": resource.MustParse("500m"), "memory": resource.MustParse("64Mi")}},
		}}},
	}
	for _, c := range change {
		c(p)
	}
	return p
}

// boundTo makes a pod one that the framework has bound to a node.
func boundTo(node string) func(*v1.Pod) {
	return func(p *v1.Pod) {
		p.Spec.NodeName, p.Annotations = node, map[string]string{taskdata.AgentAnnotation: "S1"}
	}
}

// makeOffer returns an offer of an agent, with its resources as a Mesos flag has
// them.
func makeOffer(id, agent, rs string, change ...func(*mesospb.Offer)) *mesospb.Offer {
	parsed, err := resources.Parse(rs)
	if err != nil {
		panic(err)
	}
	o := &mesospb.Offer{
		Id: &mesospb.OfferID{Value: &id}, FrameworkId: &mesospb.FrameworkID{Value: proto.String("F-1")},
		AgentId: &mesospb.AgentID{Value: &agent}, Hostname: proto.String("host-" + agent), Resources: parsed,
		Url: &mesospb.URL{Scheme: proto.String("http"), Address: &mesospb.Address{Ip: proto.String("10.1.0.7"), Port: proto.Int32(5051)}},
	}
	for _, c := range change {
		c(o)
	}
	return o
}

func withExecutor(o *mesospb.Offer) {
	o.ExecutorIds = []*mesospb.ExecutorID{{Value: proto.String(taskdata.ExecutorID)}}
}

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

func port(host, container int32) []v1.ContainerPort {
	return []v1.ContainerPort{{HostPort: host, ContainerPort: container}}
}
