package framework

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
	"github.com/kubernetes-mesos/kubernetes-mesos/podtask"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/fake"
	k8stesting "k8s.io/client-go/testing"
)

// patience bounds every wait of a story; only a failing test takes that long.
const patience = 20 * time.Second

// journal is what was stored and sent, in order.
type journal struct {
	mu      sync.Mutex
	entries []string
}

func (j *journal) add(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = append(j.entries, fmt.Sprintf(format, args...))
}

func (j *journal) index(prefix string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	for i, e := range j.entries {
		if strings.HasPrefix(e, prefix) {
			return i
		}
	}
	return -1
}

// memory is a Store that can be told to fail.
type memory struct {
	journal *journal

	mu      sync.Mutex
	records map[string][]byte
	fail    func(changes []Change) error
}

func newMemory(j *journal) *memory { return &memory{journal: j, records: map[string][]byte{}} }

func (m *memory) Load(context.Context) (map[string][]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.records), nil
}

func (m *memory) Commit(_ context.Context, changes []Change) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(changes) > MaxChanges {
		return fmt.Errorf("%d changes in one transaction", len(changes))
	}
	if m.fail != nil {
		if err := m.fail(changes); err != nil {
			return err
		}
	}
	for _, c := range changes {
		if c.Value == nil {
			delete(m.records, c.Key)
			m.journal.add("delete %s", c.Key)
		} else {
			m.records[c.Key] = c.Value
			m.journal.add("put %s", c.Key)
		}
	}
	return nil
}

func (m *memory) get(key string) ([]byte, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, ok := m.records[key]
	return b, ok
}

// master is the Mesos of a story: the test says what it says.
type master struct {
	journal *journal
	ran     chan mesos.SchedulerHandler
	infos   chan *mesospb.FrameworkInfo
	end     chan error
	calls   chan *mesospb.SchedulerCall

	mu     sync.Mutex
	refuse error
	h      mesos.SchedulerHandler
	agents []func(id string) *mesospb.Offer // what to offer when asked
	given  int
}

func newMaster(j *journal) *master {
	return &master{journal: j, ran: make(chan mesos.SchedulerHandler, 1), infos: make(chan *mesospb.FrameworkInfo, 10),
		end: make(chan error, 1), calls: make(chan *mesospb.SchedulerCall, 10000)}
}

func (m *master) Run(ctx context.Context, info func() *mesospb.FrameworkInfo, h mesos.SchedulerHandler) error {
	m.infos <- info()
	m.mu.Lock()
	m.h = h
	m.mu.Unlock()
	m.ran <- h
	select {
	case <-ctx.Done():
		return ctx.Err()
	case err := <-m.end:
		return err
	}
}

func (m *master) Send(_ context.Context, c *mesospb.SchedulerCall) error {
	if _, err := c.Marshal(); err != nil {
		return err
	}
	m.journal.add("send %s", c.GetType())
	m.calls <- c
	m.mu.Lock()
	defer m.mu.Unlock()
	if c.GetType() == mesospb.SchedulerCall_REVIVE {
		m.offer()
	}
	return m.refuse
}

// offer offers every agent, under new ids. The caller holds mu.
func (m *master) offer() {
	e := &mesospb.SchedulerEvent{Type: mesospb.SchedulerEvent_OFFERS.Enum(), Offers: &mesospb.SchedulerEvent_Offers{}}
	for _, a := range m.agents {
		m.given++
		e.Offers.Offers = append(e.Offers.Offers, a(fmt.Sprint("o", m.given)))
	}
	if len(m.agents) > 0 {
		m.h.Event(e)
	}
}

func (m *master) refuseWith(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refuse = err
}

// world is a Framework among fakes.
type world struct {
	*testing.T
	journal *journal
	store   *memory
	master  *master
	client  *fake.Clientset

	watching chan string

	mesos mesos.SchedulerHandler // of the life that runs
	frame *Framework
	ended chan error
	stop  context.CancelFunc
}

func newWorld(t *testing.T, objects ...runtime.Object) *world {
	j := &journal{}
	w := &world{T: t, journal: j, store: newMemory(j), master: newMaster(j), client: fake.NewSimpleClientset(objects...), watching: make(chan string, 100)}
	w.client.PrependReactor("create", "pods", w.bindPod)
	w.client.PrependWatchReactor("*", w.watch)
	return w
}

// watch tells start that a watch has begun: what happens between a list and its
// watch is lost here, as it is not with an API server.
func (w *world) watch(a k8stesting.Action) (bool, watch.Interface, error) {
	opts := metav1.ListOptions{}
	if wa, ok := a.(k8stesting.WatchActionImpl); ok {
		opts = wa.ListOptions
	}
	watching, err := w.client.Tracker().Watch(a.GetResource(), a.GetNamespace(), opts)
	w.watching <- a.GetResource().Resource
	return true, watching, err
}

// bindPod does what the API server does for pods/binding.
func (w *world) bindPod(a k8stesting.Action) (bool, runtime.Object, error) {
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
	p.Spec.NodeName = b.Target.Name
	return true, b, w.client.Tracker().Update(pods, p, b.Namespace)
}

func (w *world) config() Config {
	return Config{
		Client: w.client, Store: w.store, Mesos: w.master,
		Info:     Info{User: "root", Name: "test"},
		Executor: Executor{URI: "/opt/executor_runner", Arguments: []string{"-v=1"}},
		Cluster:  podtask.Cluster{Servers: []string{"https://10.0.0.1:6443"}, CA: "PEM"},
	}
}

// run begins a life.
func (w *world) run(change ...func(*Config)) {
	w.Helper()
	cfg := w.config()
	for _, c := range change {
		c(&cfg)
	}
	f, err := New(cfg)
	if err != nil {
		w.Fatal(err)
	}
	ctx, stop := context.WithCancel(w.Context())
	ended := make(chan error, 1)
	go func() { ended <- f.Run(ctx) }()
	w.frame, w.ended, w.stop = f, ended, stop
	w.Cleanup(w.kill)
	for range 3 {
		receive(w, w.watching, "a watch")
	}
}

// start begins a life and subscribes it.
func (w *world) start(change ...func(*Config)) *world {
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
func (w *world) kill() {
	if w.stop == nil {
		return
	}
	w.stop()
	if err := w.end(); err != nil {
		w.Errorf("Run: %v", err)
	}
}

// end waits for the end of the life that runs.
func (w *world) end() error {
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

// call waits for the next call of a type, passing over others.
func (w *world) call(t mesospb.SchedulerCall_Type) *mesospb.SchedulerCall {
	w.Helper()
	for {
		if c := receive(w, w.master.calls, t.String()); c.GetType() == t {
			return c
		}
	}
}

// launch waits for an ACCEPT and returns its tasks.
func (w *world) launch() (*mesospb.SchedulerCall, []*mesospb.TaskInfo) {
	w.Helper()
	c := w.call(mesospb.SchedulerCall_ACCEPT)
	var tasks []*mesospb.TaskInfo
	for _, op := range c.GetAccept().GetOperations() {
		tasks = append(tasks, op.GetLaunch().GetTaskInfos()...)
	}
	return c, tasks
}

// eventually waits until a look at the API server shows what is expected.
func (w *world) eventually(what string, look func() bool) {
	w.Helper()
	end := time.Now().Add(patience)
	for !look() {
		if time.Now().After(end) {
			w.Fatalf("not within %s: %s", patience, what)
		}
		if !wait(w.Context(), time.Millisecond) {
			w.Fatal(what, ": the test is over")
		}
	}
}

func (w *world) pod(name string) *v1.Pod {
	w.Helper()
	p, err := w.client.CoreV1().Pods("default").Get(w.Context(), name, metav1.GetOptions{})
	if err != nil {
		w.Fatal(err)
	}
	return p
}

func (w *world) node(name string) *v1.Node {
	n, err := w.client.CoreV1().Nodes().Get(w.Context(), name, metav1.GetOptions{})
	if err != nil {
		return nil
	}
	return n
}

func (w *world) post(p *v1.Pod) {
	w.Helper()
	if _, err := w.client.CoreV1().Pods(p.Namespace).Create(w.Context(), p, metav1.CreateOptions{}); err != nil {
		w.Fatal(err)
	}
}

// offers has the master offer these agents, now and whenever it is asked to.
func (w *world) offers(agents ...func(id string) *mesospb.Offer) {
	w.master.mu.Lock()
	defer w.master.mu.Unlock()
	w.master.agents = agents
	w.master.offer()
}

// has is an agent with these resources.
func has(agent, rs string, change ...func(*mesospb.Offer)) func(id string) *mesospb.Offer {
	return func(id string) *mesospb.Offer { return makeOffer(id, agent, rs, change...) }
}

// update says something about a task, as its executor would.
func (w *world) update(t *mesospb.TaskInfo, s mesospb.TaskState) {
	w.mesos.Event(&mesospb.SchedulerEvent{Type: mesospb.SchedulerEvent_UPDATE.Enum(), Update: &mesospb.SchedulerEvent_Update{
		Status: &mesospb.TaskStatus{
			TaskId: t.TaskId, AgentId: t.AgentId, State: s.Enum(), Uuid: []byte("0123456789abcdef"),
			Source: mesospb.TaskStatus_SOURCE_EXECUTOR.Enum(),
		}}})
}

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

// makeOffer is an offer of an agent, with its resources as a Mesos flag has them.
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
	o.ExecutorIds = []*mesospb.ExecutorID{{Value: proto.String(podtask.ExecutorID)}}
}

var errStory = errors.New("as the story has it")
