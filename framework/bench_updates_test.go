package framework

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/google/uuid"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/records"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/recordio"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
)

// BenchmarkUpdates measures the framework alone: a bare HTTP server in place of
// Mesos reports each of 10,000 tasks as running, all at once, and counts the
// acknowledgements.
func BenchmarkUpdates(b *testing.B) {
	const agents = 100
	store := newSynced(b)
	store.records[keyFramework] = []byte("F-1")
	var objects []runtime.Object
	var tasks []*mesospb.TaskStatus
	for i := range benchPods {
		agent := fmt.Sprint("S", i%agents)
		p := makePod(fmt.Sprint("pod-", i), func(p *v1.Pod) {
			p.Spec.NodeName, p.Annotations = "host-"+agent, map[string]string{taskdata.AgentAnnotation: agent}
		})
		task := taskOn(string(p.UID)+".1", string(p.UID), 1, agent, "host-"+agent)
		objects = append(objects, p)
		store.records[keyTasks+task.ID] = records.PutTask(task).Value
		store.records[keyAgents+agent] = records.PutAgent(agent, records.Agent{Node: "host-" + agent, Hostname: agent}).Value
		tasks = append(tasks, &mesospb.TaskStatus{
			TaskId: &mesospb.TaskID{Value: &task.ID}, AgentId: &mesospb.AgentID{Value: &agent},
			State: mesospb.TaskState_TASK_RUNNING.Enum(), Source: mesospb.TaskStatus_SOURCE_EXECUTOR.Enum(),
		})
	}
	m := &bareMaster{reconciled: make(chan bool, 1), acknowledged: make(chan bool, benchPods), say: make(chan []byte)}
	server := httptest.NewServer(m)
	defer server.Close()
	connection, err := mesos.NewScheduler(mesos.SchedulerConfig{Master: server.URL})
	if err != nil {
		b.Fatal(err)
	}
	cfg := (&harness{}).config()
	cfg.Client, cfg.Store, cfg.Mesos = fake.NewSimpleClientset(objects...), store, connection
	f, err := New(cfg)
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- f.Run(ctx) }()
	<-m.reconciled

	var took, cpu time.Duration
	for b.Loop() {
		var said []byte
		for _, s := range tasks {
			id := uuid.New()
			s.Uuid = id[:]
			said = appendEvent(said, &mesospb.SchedulerEvent{
				Type: mesospb.SchedulerEvent_UPDATE.Enum(), Update: &mesospb.SchedulerEvent_Update{Status: s},
			})
		}
		began, used := time.Now(), cpuTime()
		m.say <- said
		for range tasks {
			<-m.acknowledged
		}
		took += time.Since(began)
		cpu += cpuTime() - used
	}
	n := float64(b.N) * benchPods
	b.ReportMetric(n/took.Seconds(), "acknowledged/s")
	b.ReportMetric(float64(cpu.Microseconds())/n, "cpu-µs/update")
	b.ReportMetric(0, "ns/op")
	stop()
	if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
		b.Error(err)
	}
}

// bareMaster says what it is told to, and accepts every call.
type bareMaster struct {
	reconciled, acknowledged chan bool
	say                      chan []byte
}

func (m *bareMaster) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	call := &mesospb.SchedulerCall{}
	if err := call.Unmarshal(body); err != nil {
		panic(err)
	}
	switch call.GetType() {
	case mesospb.SchedulerCall_SUBSCRIBE:
		m.serve(w, r)
		return
	case mesospb.SchedulerCall_RECONCILE:
		select {
		case m.reconciled <- true:
		default:
		}
	case mesospb.SchedulerCall_ACKNOWLEDGE:
		m.acknowledged <- true
	}
	w.WriteHeader(http.StatusAccepted)
}

func (m *bareMaster) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Mesos-Stream-Id", "1")
	said := appendEvent(nil, &mesospb.SchedulerEvent{
		Type: mesospb.SchedulerEvent_SUBSCRIBED.Enum(),
		Subscribed: &mesospb.SchedulerEvent_Subscribed{
			FrameworkId: &mesospb.FrameworkID{Value: proto.String("F-1")}, HeartbeatIntervalSeconds: proto.Float64(3600),
		},
	})
	for {
		if _, err := w.Write(said); err != nil {
			return
		}
		w.(http.Flusher).Flush()
		select {
		case said = <-m.say:
		case <-r.Context().Done():
			return
		}
	}
}

func appendEvent(b []byte, e *mesospb.SchedulerEvent) []byte {
	record, err := e.Marshal()
	if err != nil {
		panic(err)
	}
	return recordio.Append(b, record)
}
