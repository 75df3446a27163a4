package framework

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/records"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/logging"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// reconciliation is a framework on a local Mesos with room for all tasks.
type reconciliation struct {
	*localCluster
	calls *callCounts
}

func newReconciliation(t *testing.T) *reconciliation {
	many := reconciledTasks()
	s := &reconciliation{localCluster: &localCluster{harness: newHarness(t)}, calls: &callCounts{}}
	s.calls.reset()
	agents := max(10, many/200) // a node has at most 250 pods
	var err error
	s.mesos, err = local.New(local.Config{
		Agents: agents, Hostname: "agent", Resources: "cpus:1000;mem:100000;ports:[31000-31100]",
		Simulate: obedient,
	})
	s.must(err)
	runMesos(t, s.mesos)
	t.Cleanup(s.kill) // before that Mesos ends
	return s
}

// begin starts a life whose calls are counted.
func (s *reconciliation) begin() {
	s.Helper()
	connection, err := mesos.NewScheduler(mesos.SchedulerConfig{Master: s.mesos.Addr()})
	s.must(err)
	s.run(func(c *Config) { c.Mesos, c.Log = counted{connection, s.calls}, logging.New() })
}

// settle waits until this many tasks run, all of them on record, as pods, and in
// Mesos, and nothing else is on record or in Mesos.
func (s *reconciliation) settle(n int) {
	s.Helper()
	seen := ""
	s.within(5*time.Minute, func() string { return fmt.Sprintf("%d tasks agree: %s", n, seen) }, func() bool {
		defer wait(s.Context(), time.Duration(len(s.names))*100*time.Microsecond) // looking is work
		records := map[string]bool{}
		stored, err := s.store.Load(s.Context())
		s.must(err)
		for key := range stored {
			if id, is := strings.CutPrefix(key, keyTasks); is {
				records[id] = true
			}
		}
		agree, tasks := 0, s.mesosTasks()
		for _, task := range tasks {
			id, state, _ := strings.Cut(task, " ")
			if state == "TASK_RUNNING" && records[id] {
				agree++
			}
		}
		seen = fmt.Sprintf("%d of %d records and %d tasks of Mesos", agree, len(records), len(tasks))
		return agree == n && len(records) == n && len(tasks) == n
	})
}

// loseRecords removes every other pod with its record.
func (s *reconciliation) loseRecords() {
	for i := 0; i < len(s.names); i += 2 {
		uid := string(s.pod(s.names[i]).UID)
		s.must(s.client.CoreV1().Pods("default").Delete(s.Context(), s.names[i], metav1.DeleteOptions{}))
		s.must(s.store.Commit(s.Context(), []Change{{Key: keyTasks + uid + ".1"}}))
	}
}

// inventRecords adds as many pods, bound and on record, as there are.
func (s *reconciliation) inventRecords() {
	for _, name := range s.names {
		like := s.pod(name)
		agent := like.Annotations[taskdata.AgentAnnotation]
		p := makePod("lost-"+name, func(p *v1.Pod) {
			p.Spec.NodeName, p.Annotations = like.Spec.NodeName, map[string]string{taskdata.AgentAnnotation: agent}
		})
		s.post(p)
		task := taskOn(string(p.UID)+".1", string(p.UID), 1, agent, like.Spec.NodeName)
		s.must(s.store.Commit(s.Context(), []Change{records.PutTask(task)}))
	}
}

// obedient is an executor whose tasks run until they are killed.
func obedient(ctx context.Context, env map[string]string, _ *mesospb.ExecutorInfo) int {
	cfg, err := mesos.ExecutorFromEnv(func(k string) string { return env[k] })
	if err != nil {
		return 1
	}
	e := obedientExecutor{mesos.NewExecutor(cfg)}
	if errors.Is(e.Run(ctx, e), mesos.ErrShutdown) {
		return 0
	}
	return 1
}

type obedientExecutor struct{ *mesos.Executor }

func (e obedientExecutor) Event(event *mesospb.ExecutorEvent) {
	say := func(id *mesospb.TaskID, s mesospb.TaskState) {
		e.Update(&mesospb.TaskStatus{TaskId: id, State: s.Enum()})
	}
	switch event.GetType() {
	case mesospb.ExecutorEvent_LAUNCH:
		id := event.GetLaunch().GetTask().GetTaskId()
		say(id, mesospb.TaskState_TASK_STARTING)
		say(id, mesospb.TaskState_TASK_RUNNING)
	case mesospb.ExecutorEvent_KILL:
		say(event.GetKill().GetTaskId(), mesospb.TaskState_TASK_KILLED)
	}
}
