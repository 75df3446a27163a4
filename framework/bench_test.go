package framework

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	k8sruntime "k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/fake"
	k8stesting "k8s.io/client-go/testing"
)

// benchPods is how many pods there are, whatever the number of agents.
const benchPods = 10_000

// BenchmarkScheduling measures the framework on a local Mesos with simulated
// executors: everything between the pods at an API server in memory and the
// executors is real, over sockets, in this one process. Its records are in a
// store that writes each transaction to a file and syncs it.
//
//	launches/s    from the start until every pod is bound, executors' start included
//	updates/s     statuses that every task's executor sends, until they are acknowledged;
//	              mostly the executors' own work: see BenchmarkUpdates
//	reconcile-ms  from the start of a second life until the master has answered for every task
//	B/task        memory that the end of the framework sets free
//
// The cpu- figures are what this process, with Mesos and all executors in it,
// spends on each: on a busy machine they tell more than the rates.
func BenchmarkScheduling(b *testing.B) {
	watch.DefaultChanSize = 10 * benchPods // the fake API server panics when a watcher is behind
	for _, agents := range []int{100, 1000} {
		b.Run(fmt.Sprint("agents=", agents, ",pods=", benchPods), func(b *testing.B) {
			for b.Loop() {
				w := newBench(b, agents)
				cpu := cpuTime()
				begun := time.Now()
				stop := w.run()
				w.reach("bound pods", &w.bound, benchPods)
				b.ReportMetric(benchPods/time.Since(begun).Seconds(), "launches/s")
				w.reach("acknowledgements", &w.acknowledged, 2*benchPods) // STARTING, RUNNING
				b.ReportMetric(float64((cpuTime()-cpu).Microseconds())/benchPods, "cpu-µs/launch")

				cpu, begun = cpuTime(), time.Now()
				w.each(func(h *benchExecutor) { h.again() })
				w.reach("acknowledgements", &w.acknowledged, 3*benchPods)
				b.ReportMetric(benchPods/time.Since(begun).Seconds(), "updates/s")
				b.ReportMetric(float64((cpuTime()-cpu).Microseconds())/benchPods, "cpu-µs/update")

				full := heap()
				stop()
				b.ReportMetric(float64(full-heap())/benchPods, "B/task")

				w.reconciled.Store(0)
				begun = time.Now()
				stop = w.run()
				w.reach("reconciled tasks", &w.reconciled, benchPods)
				b.ReportMetric(float64(time.Since(begun).Milliseconds()), "reconcile-ms")
				stop()
				w.end()
				b.ReportMetric(0, "ns/op")
			}
		})
	}
}

// heap returns the memory in use, in bytes.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// cpuTime returns the CPU time that this process has used.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// bench is a Framework between an API server in memory and a local Mesos.
type bench struct {
	*testing.B
	cluster *local.Mesos
	end     func() // of the cluster
	client  *fake.Clientset
	store   *synced

	bound, acknowledged, reconciled atomic.Int64
	changed                         chan struct{} // yields soon after one of these has changed

	mu        sync.Mutex
	executors []*benchExecutor
}

func newBench(b *testing.B, agents int) *bench {
	w := &bench{B: b, client: fake.NewSimpleClientset(), store: newSynced(b), changed: make(chan struct{}, 1)}
	binder := &harness{client: w.client}
	w.client.PrependReactor("create", "pods", func(a k8stesting.Action) (bool, k8sruntime.Object, error) {
		done, o, err := binder.bindPod(a)
		if done && err == nil {
			w.count(&w.bound)
		}
		return done, o, err
	})
	for i := range benchPods {
		if _, err := w.client.CoreV1().Pods("default").Create(b.Context(), makePod(fmt.Sprint("pod-", i)), metav1.CreateOptions{}); err != nil {
			b.Fatal(err)
		}
	}
	var err error
	w.cluster, err = local.New(local.Config{
		Agents: agents, Hostname: "agent", Simulate: w.simulate,
		Resources: fmt.Sprintf("cpus:%d;mem:%d;disk:1000", benchPods/agents+10, (benchPods/agents+10)*128),
	})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.cluster.Run(ctx) }()
	w.end = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			b.Error(err)
		}
	})
	b.Cleanup(w.end)
	return w
}

// run begins a life and returns what ends it.
func (w *bench) run() (stop func()) {
	connection, err := mesos.NewScheduler(mesos.SchedulerConfig{Master: w.cluster.Addr()})
	if err != nil {
		w.Fatal(err)
	}
	cfg := (&harness{}).config()
	cfg.Client, cfg.Store, cfg.Mesos = w.client, w.store, counting{connection, w}
	f, err := New(cfg)
	if err != nil {
		w.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- f.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			w.Error(err)
		}
	})
	w.Cleanup(stop)
	return stop
}

func (w *bench) count(n *atomic.Int64) {
	n.Add(1)
	select {
	case w.changed <- struct{}{}:
	default:
	}
}

// reach waits until that many have been counted.
func (w *bench) reach(what string, n *atomic.Int64, want int64) {
	w.Helper()
	deadline := time.After(5 * time.Minute)
	for n.Load() < want {
		select {
		case <-w.changed:
		case <-deadline:
			w.Fatalf("%d of %d %s within 5 minutes", n.Load(), want, what)
		}
	}
}

// benchExecutor is a hollow executor whose tasks can report again.
type benchExecutor struct {
	*mesos.Executor
	mu    sync.Mutex
	tasks []*mesospb.TaskID
}

// again reports every task as running once more.
func (h *benchExecutor) again() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, id := range h.tasks {
		h.Update(&mesospb.TaskStatus{TaskId: id, State: mesospb.TaskState_TASK_RUNNING.Enum()})
	}
}

func (h *benchExecutor) Event(e *mesospb.ExecutorEvent) {
	if e.GetType() != mesospb.ExecutorEvent_LAUNCH {
		return
	}
	id := e.GetLaunch().GetTask().GetTaskId()
	h.mu.Lock()
	h.tasks = append(h.tasks, id)
	h.mu.Unlock()
	for _, s := range []mesospb.TaskState{mesospb.TaskState_TASK_STARTING, mesospb.TaskState_TASK_RUNNING} {
		h.Update(&mesospb.TaskStatus{TaskId: id, State: s.Enum()})
	}
}

func (w *bench) simulate(ctx context.Context, env map[string]string, _ *mesospb.ExecutorInfo) int {
	cfg, err := mesos.ExecutorFromEnv(func(k string) string { return env[k] })
	if err != nil {
		return 1
	}
	h := &benchExecutor{Executor: mesos.NewExecutor(cfg)}
	w.mu.Lock()
	w.executors = append(w.executors, h)
	w.mu.Unlock()
	if errors.Is(h.Run(ctx, h), mesos.ErrShutdown) {
		return 0
	}
	return 1
}

func (w *bench) each(f func(*benchExecutor)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, h := range w.executors {
		f(h)
	}
}

// counting is a connection that counts its traffic.
type counting struct {
	Mesos
	w *bench
}

func (c counting) Send(ctx context.Context, calls ...*mesospb.SchedulerCall) error {
	err := c.Mesos.Send(ctx, calls...)
	for _, call := range calls {
		if err == nil && call.GetType() == mesospb.SchedulerCall_ACKNOWLEDGE {
			c.w.count(&c.w.acknowledged)
		}
	}
	return err
}

func (c counting) Run(ctx context.Context, info func() *mesospb.FrameworkInfo, h mesos.SchedulerHandler) error {
	return c.Mesos.Run(ctx, info, countingHandler{h, c.w})
}

type countingHandler struct {
	mesos.SchedulerHandler
	w *bench
}

func (h countingHandler) Event(e *mesospb.SchedulerEvent) {
	h.SchedulerHandler.Event(e)
	if e.GetUpdate().GetStatus().GetReason() == mesospb.TaskStatus_REASON_RECONCILIATION {
		h.w.count(&h.w.reconciled)
	}
}

// synced is a Store that survives a crash, as far as its speed is concerned.
type synced struct {
	mu      sync.Mutex
	records map[string][]byte
	file    *os.File
}

func newSynced(t testing.TB) *synced {
	f, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return &synced{records: map[string][]byte{}, file: f}
}

func (s *synced) Load(context.Context) (map[string][]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.records), nil
}

func (s *synced) Commit(_ context.Context, changes []Change) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var line []byte
	for _, c := range changes {
		line = append(append(line, c.Key...), c.Value...)
		if c.Value == nil {
			delete(s.records, c.Key)
		} else {
			s.records[c.Key] = c.Value
		}
	}
	if _, err := s.file.Write(line); err != nil {
		return err
	}
	return s.file.Sync()
}

// BenchmarkCeiling measures the limit for any framework on this machine: HTTP
// calls over loopback, with a status update's size, and synced writes.
func BenchmarkCeiling(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }))
	defer server.Close()
	body := strings.Repeat("x", 200)
	for _, connections := range []int{1, 16} {
		b.Run(fmt.Sprint("http-connections=", connections), func(b *testing.B) {
			client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}}
			defer client.CloseIdleConnections()
			var left atomic.Int64
			left.Store(int64(b.N))
			var all sync.WaitGroup
			b.ResetTimer()
			for range connections {
				all.Go(func() {
					for left.Add(-1) >= 0 {
						answer, err := client.Post(server.URL, "application/x-protobuf", strings.NewReader(body))
						if err != nil {
							b.Error(err)
							return
						}
						answer.Body.Close()
					}
				})
			}
			all.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
		})
	}
	b.Run("fsync", func(b *testing.B) {
		s := newSynced(b)
		change := []Change{{Key: "key", Value: []byte(body)}}
		for b.Loop() {
			if err := s.Commit(b.Context(), change); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "syncs/s")
	})
}
