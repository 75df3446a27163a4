package mesostest

import (
	"context"
	"net/http"
	"os"
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/recordio"
)

// Main runs the test executor and ends the process if an agent has started this
// program as one; otherwise it returns. Call it first in TestMain.
func Main() {
	if os.Getenv("MESOS_EXECUTOR_ID") == "" || os.Getenv(programVariable) == "" {
		return
	}
	if os.Getenv(programVariable) == "hang" { // one that never subscribes
		time.Sleep(time.Hour)
	}
	x := newProgram(os.Getenv)
	x.run()
	os.Exit(0)
}

// programVariable is in the environment of test executors.
const programVariable = "MESOSTEST_EXECUTOR"

// program is a small executor: it obeys its tasks' data and messages.
type program struct {
	url, framework, executor string
	checkpoint               bool
	header                   http.Header

	tasks   map[string]*mesospb.TaskInfo // unacknowledged
	updates []*mesospb.ExecutorCall_Update
	live    map[string]bool
	hang    bool
}

func newProgram(getenv func(string) string) *program {
	header := http.Header{}
	if token := getenv("MESOS_EXECUTOR_AUTHENTICATION_TOKEN"); token != "" {
		header.Set("Authorization", "Bearer "+token)
	}
	return &program{
		header:    header,
		url:       "http://" + getenv("MESOS_AGENT_ENDPOINT") + "/api/v1/executor",
		framework: getenv("MESOS_FRAMEWORK_ID"), executor: getenv("MESOS_EXECUTOR_ID"),
		checkpoint: getenv("MESOS_CHECKPOINT") == "1",
		tasks:      map[string]*mesospb.TaskInfo{}, live: map[string]bool{},
	}
}

// run subscribes again and again, until told to end or until the agent stays away
// for longer than any test takes.
func (x *program) run() {
	for last := time.Now(); time.Since(last) < time.Minute; time.Sleep(20 * time.Millisecond) {
		if x.subscribe() {
			last = time.Now()
		}
		if !x.checkpoint {
			return
		}
	}
}

func (x *program) call(t mesospb.ExecutorCall_Type) *mesospb.ExecutorCall {
	return &mesospb.ExecutorCall{Type: &t,
		FrameworkId: &mesospb.FrameworkID{Value: &x.framework}, ExecutorId: &mesospb.ExecutorID{Value: &x.executor}}
}

func (x *program) subscribe() bool {
	c := x.call(mesospb.ExecutorCall_SUBSCRIBE)
	c.Subscribe = &mesospb.ExecutorCall_Subscribe{UnacknowledgedUpdates: x.updates}
	for _, t := range x.tasks {
		c.Subscribe.UnacknowledgedTasks = append(c.Subscribe.UnacknowledgedTasks, t)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	answer, err := post(ctx, x.url, x.header, c)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return false
	}
	records := recordio.NewReader(answer.Body, 1<<28)
	for {
		record, err := records.ReadRecord()
		if err != nil {
			return true
		}
		e := &mesospb.ExecutorEvent{}
		if err := proto.Unmarshal(record, e); err != nil {
			return true
		}
		if again := x.event(e); again {
			return true
		}
	}
}
