package framework

import (
	"context"
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/podspec"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/fake"
	k8stesting "k8s.io/client-go/testing"
)

// patience bounds every wait of a story; only a failing test takes that long.
const patience = time.Minute

// harness is a Framework among fakes.
type harness struct {
	*testing.T
	journal *journal
	store   *memory
	master  *master
	client  *fake.Clientset

	watching chan string
	hasten   func(*Framework) // changes a life before it begins; may be nil

	mesos mesos.SchedulerHandler // of the life that runs
	frame *Framework
	ended chan error
	stop  context.CancelFunc
}

func newHarness(t *testing.T, objects ...runtime.Object) *harness {
	j := &journal{}
	w := &harness{T: t, journal: j, store: newMemory(j), master: newMaster(j), client: fake.NewSimpleClientset(objects...), watching: make(chan string, 100)}
	w.client.PrependReactor("create", "pods", w.bindPod)
	w.client.PrependReactor("update", "pods", w.refuseStale)
	w.client.PrependWatchReactor("*", w.watch)
	return w
}

// watch tells start that a watch has begun: what happens between a list and its
// watch is lost here, as it is not with an API server.
func (w *harness) watch(a k8stesting.Action) (bool, watch.Interface, error) {
	opts := metav1.ListOptions{}
	if wa, ok := a.(k8stesting.WatchActionImpl); ok {
		opts = wa.ListOptions
	}
	watching, err := w.client.Tracker().Watch(a.GetResource(), a.GetNamespace(), opts)
	w.watching <- a.GetResource().Resource
	return true, watching, err
}

// refuseStale does what the API server does by resource versions, which the fake does not
// compare: a status that was made before the pod's end or binding does not undo it.
func (w *harness) refuseStale(a k8stesting.Action) (bool, runtime.Object, error) {
	old := a.(k8stesting.UpdateAction).GetObject().(*v1.Pod)
	o, err := w.client.Tracker().Get(a.GetResource(), a.GetNamespace(), old.Name)
	if err != nil {
		return true, nil, err
	}
	now := o.(*v1.Pod)
	if podspec.Finished(now) && !podspec.Finished(old) || now.Spec.NodeName != "" && old.Spec.NodeName == "" {
		return true, nil, apierrors.NewConflict(schema.GroupResource{Resource: "pods"}, old.Name, errors.New("it has changed since"))
	}
	return false, nil, nil
}

// bindPod does what the API server does for pods/binding.
func (w *harness) bindPod(a k8stesting.Action) (bool, runtime.Object, error) {
	if a.GetSubresource() != "binding" {
		return false, nil, nil
	}
	b := a.(k8stesting.CreateAction).GetObject().(*v1.Binding)
	pods := schema.GroupVersionResource{Version: "v1", Resource: "pods"}
	o, err := w.client.Tracker().Get(pods, b.Namespace, b.Name)
	if err != nil {
		return true, nil, err
	}
	p := o.(*v1.Pod).DeepCopy()
	if p.Annotations == nil {
		p.Annotations = map[string]string{}
	}
	p.Spec.NodeName = b.Target.Name
	maps.Copy(p.Annotations, b.Annotations)
	return true, b, w.client.Tracker().Update(pods, p, b.Namespace)
}

func (w *harness) config() Config {
	return Config{
		Client: w.client, Store: w.store, Mesos: w.master,
		Info:     Info{User: "root", Name: "test"},
		Executor: Executor{URI: "/opt/executor_runner", Arguments: []string{"-v=1"}},
		Cluster:  taskdata.Cluster{Servers: []string{"https://10.0.0.1:6443"}, CA: "PEM"},
	}
}

// run starts a life.
func (w *harness) run(change ...func(*Config)) {
	w.Helper()
	cfg := w.config()
	for _, c := range change {
		c(&cfg)
	}
	f, err := New(cfg)
	if err != nil {
		w.Fatal(err)
	}
	if w.hasten != nil {
		w.hasten(f)
	}
	ctx, stop := context.WithCancel(w.Context())
	ended := make(chan error, 1)
	go func() { ended <- f.Run(ctx) }()
	w.frame, w.ended, w.stop = f, ended, stop
	w.Cleanup(w.kill)
	for range 4 {
		receive(w, w.watching, "a watch")
	}
}

// start starts a life and subscribes it.
func (w *harness) start(change ...func(*Config)) *harness {
	w.Helper()
	w.run(change...)
	w.mesos = receive(w, w.master.ran, "a subscription")
	w.mesos.Event(&mesospb.SchedulerEvent{
		Type:       mesospb.SchedulerEvent_SUBSCRIBED.Enum(),
		Subscribed: &mesospb.SchedulerEvent_Subscribed{FrameworkId: &mesospb.FrameworkID{Value: proto.String("F-1")}},
	})
	return w
}

// kill ends the life that runs, if one does.
func (w *harness) kill() {
	if w.stop == nil {
		return
	}
	w.stop()
	if err := w.end(); err != nil {
		w.Errorf("Run: %v", err)
	}
}

// end waits for the end of the life that runs.
func (w *harness) end() error {
	w.Helper()
	w.stop = nil
	return receive(w, w.ended, "end of Run")
}

func receive[T any](t testing.TB, ch <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		t.Fatalf("no %s within %s", what, patience)
		panic("unreachable")
	}
}

// call waits for the next call of a type, skipping others.
func (w *harness) call(t mesospb.SchedulerCall_Type) *mesospb.SchedulerCall {
	w.Helper()
	for {
		if c := receive(w, w.master.calls, t.String()); c.GetType() == t {
			return c
		}
	}
}

// launch waits for an ACCEPT and returns its tasks.
func (w *harness) launch() (*mesospb.SchedulerCall, []*mesospb.TaskInfo) {
	w.Helper()
	c := w.call(mesospb.SchedulerCall_ACCEPT)
	var tasks []*mesospb.TaskInfo
	for _, op := range c.GetAccept().GetOperations() {
		tasks = append(tasks, op.GetLaunch().GetTaskInfos()...)
	}
	return c, tasks
}

// eventually waits until a look at the API server shows what is expected.
func (w *harness) eventually(what string, look func() bool) {
	w.Helper()
	w.within(patience, func() string { return what }, look)
}

// within is eventually with its own timeout, and a message made when that is
// over.
func (w *harness) within(d time.Duration, what func() string, look func() bool) {
	w.Helper()
	end := time.Now().Add(d)
	for !look() {
		if time.Now().After(end) {
			w.Fatalf("not within %s: %s", d, what())
		}
		if !wait(w.Context(), 5*time.Millisecond) {
			w.Fatal(what(), ": the test is over")
		}
	}
}

func (w *harness) pod(name string) *v1.Pod {
	w.Helper()
	p, err := w.client.CoreV1().Pods("default").Get(w.Context(), name, metav1.GetOptions{})
	if err != nil {
		w.Fatal(err)
	}
	return p
}

func (w *harness) node(name string) *v1.Node {
	n, err := w.client.CoreV1().Nodes().Get(w.Context(), name, metav1.GetOptions{})
	if err != nil {
		return nil
	}
	return n
}

func (w *harness) post(p *v1.Pod) {
	w.Helper()
	if _, err := w.client.CoreV1().Pods(p.Namespace).Create(w.Context(), p, metav1.CreateOptions{}); err != nil {
		w.Fatal(err)
	}
}

// offers has the master offer these agents, now and whenever it is asked to.
func (w *harness) offers(agents ...func(id string) *mesospb.Offer) {
	w.master.mu.Lock()
	defer w.master.mu.Unlock()
	w.master.agents = agents
	w.master.offer()
}

// has returns an agent with these resources.
func has(agent, rs string, change ...func(*mesospb.Offer)) func(id string) *mesospb.Offer {
	return func(id string) *mesospb.Offer { return makeOffer(id, agent, rs, change...) }
}

// update reports a task's state, as its executor would.
func (w *harness) update(t *mesospb.TaskInfo, s mesospb.TaskState) {
	w.mesos.Event(&mesospb.SchedulerEvent{Type: mesospb.SchedulerEvent_UPDATE.Enum(), Update: &mesospb.SchedulerEvent_Update{
		Status: &mesospb.TaskStatus{
			TaskId: t.TaskId, AgentId: t.AgentId, State: s.Enum(), Uuid: []byte("0123456789abcdef"),
			Source: mesospb.TaskStatus_SOURCE_EXECUTOR.Enum(),
		}}})
}

var errStory = errors.New("as the story has it")
