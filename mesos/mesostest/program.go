package mesostest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/google/uuid"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/recordio"
)

// Main runs the test executor and ends the process, when an agent has started
// this program as one; otherwise it returns. Call it first in TestMain.
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

// program is a small executor: it does what its tasks' data and messages say.
type program struct {
	url, framework, executor string
	checkpoint               bool

	tasks   map[string]*mesospb.TaskInfo // unacknowledged
	updates []*mesospb.ExecutorCall_Update
	live    map[string]bool
	hang    bool
}

func newProgram(getenv func(string) string) *program {
	return &program{
		url:       "http://" + getenv("MESOS_AGENT_ENDPOINT") + "/api/v1/executor",
		framework: getenv("MESOS_FRAMEWORK_ID"), executor: getenv("MESOS_EXECUTOR_ID"),
		checkpoint: getenv("MESOS_CHECKPOINT") == "1",
		tasks:      map[string]*mesospb.TaskInfo{}, live: map[string]bool{},
	}
}

// run subscribes again and again, until told to end or the agent stays away for
// longer than any test takes.
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
	answer, err := post(ctx, x.url, http.Header{}, c)
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

// event does as told; true asks for a new subscription.
func (x *program) event(e *mesospb.ExecutorEvent) (again bool) {
	switch e.GetType() {
	case mesospb.ExecutorEvent_LAUNCH:
		x.launch(e.Launch.Task)
	case mesospb.ExecutorEvent_LAUNCH_GROUP:
		for _, t := range e.LaunchGroup.TaskGroup.Tasks {
			x.launch(t)
		}
	case mesospb.ExecutorEvent_KILL:
		if !x.hang {
			x.send(e.Kill.TaskId.GetValue(), mesospb.TaskState_TASK_KILLED)
		}
	case mesospb.ExecutorEvent_ACKNOWLEDGED:
		x.acknowledged(e.Acknowledged)
	case mesospb.ExecutorEvent_MESSAGE:
		return x.message(string(e.Message.Data))
	case mesospb.ExecutorEvent_SHUTDOWN:
		if x.hang {
			return false
		}
		for id := range x.live {
			x.send(id, mesospb.TaskState_TASK_KILLED)
		}
		os.Exit(0)
	}
	return false
}

func (x *program) launch(t *mesospb.TaskInfo) {
	id := t.TaskId.GetValue()
	x.tasks[id], x.live[id] = t, true
	var p plan
	if err := json.Unmarshal(t.Data, &p); err != nil {
		fmt.Fprintln(os.Stderr, "task data:", err)
	}
	x.hang = x.hang || p.Hang
	for _, s := range p.States {
		x.send(id, s)
	}
	switch {
	case p.Kill9:
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
	case p.Exit != nil:
		os.Exit(int(*p.Exit))
	}
}

// send keeps the update until it is acknowledged and sends it once.
func (x *program) send(task string, s mesospb.TaskState) {
	id := uuid.New()
	u := &mesospb.ExecutorCall_Update{Status: &mesospb.TaskStatus{
		TaskId: &mesospb.TaskID{Value: &task}, State: &s, Uuid: id[:], Source: mesospb.TaskStatus_SOURCE_EXECUTOR.Enum()}}
	switch s {
	case mesospb.TaskState_TASK_FINISHED, mesospb.TaskState_TASK_FAILED, mesospb.TaskState_TASK_KILLED:
		delete(x.live, task)
	}
	x.updates = append(x.updates, u)
	c := x.call(mesospb.ExecutorCall_UPDATE)
	c.Update = u
	x.post(c)
}

func (x *program) post(c *mesospb.ExecutorCall) {
	answer, err := post(context.Background(), x.url, http.Header{}, c)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	answer.Body.Close()
}

func (x *program) acknowledged(a *mesospb.ExecutorEvent_Acknowledged) {
	delete(x.tasks, a.TaskId.GetValue())
	for i, u := range x.updates {
		if string(u.Status.Uuid) == string(a.Uuid) {
			x.updates = append(x.updates[:i:i], x.updates[i+1:]...)
			return
		}
	}
}

// message obeys: "resubscribe", "forget" (and subscribe again with empty
// lists), "exit N", "send TASK STATE", "env", "orphan" (leave a child behind); anything else
// is sent back.
func (x *program) message(data string) (again bool) {
	words := strings.Fields(data)
	if len(words) == 0 {
		x.reply(data)
		return false
	}
	switch words[0] {
	case "resubscribe":
		return true
	case "forget":
		x.tasks, x.updates = map[string]*mesospb.TaskInfo{}, nil
		return true
	case "exit":
		code, _ := strconv.Atoi(words[1])
		os.Exit(code)
	case "send":
		x.send(words[1], mesospb.TaskState(mesospb.TaskState_value[words[2]]))
	case "env":
		x.reply(strings.Join(os.Environ(), "\n"))
	case "orphan":
		p, err := os.StartProcess("/bin/sleep", []string{"sleep", "1000"}, &os.ProcAttr{})
		if err != nil {
			x.reply(err.Error())
			return false
		}
		x.reply(strconv.Itoa(p.Pid))
	default:
		x.reply(data)
	}
	return false
}

func (x *program) reply(data string) {
	c := x.call(mesospb.ExecutorCall_MESSAGE)
	c.Message = &mesospb.ExecutorCall_Message{Data: []byte(data)}
	x.post(c)
}
