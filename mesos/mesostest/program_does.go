package mesostest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/google/uuid"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// event obeys an event and reports whether to subscribe again.
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
			x.kill(e.Kill)
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
	if p.Append != "" {
		p.Say = appended(p.Append, id)
	}
	if p.Say != "" {
		x.reply(p.Say)
	}
	switch {
	case p.Kill9:
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
	case p.Exit != nil:
		os.Exit(int(*p.Exit))
	}
}

// appended adds text to a file and returns what it contains then, or what went wrong.
func appended(file, text string) string {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err == nil {
		_, err = f.WriteString(text)
		err = errors.Join(err, f.Close())
	}
	all, err2 := os.ReadFile(file)
	if err := errors.Join(err, err2); err != nil {
		return err.Error()
	}
	return string(all)
}

// kill reports how long the task was allowed to go on, if the event says so.
func (x *program) kill(k *mesospb.ExecutorEvent_Kill) {
	data := ""
	if grace := k.GetKillPolicy().GetGracePeriod(); grace != nil {
		data = "grace " + time.Duration(grace.GetNanoseconds()).String()
	}
	x.send(k.TaskId.GetValue(), mesospb.TaskState_TASK_KILLED, []byte(data)...)
}

// send sends the update once and keeps it until it is acknowledged.
func (x *program) send(task string, s mesospb.TaskState, data ...byte) {
	id := uuid.New()
	u := &mesospb.ExecutorCall_Update{Status: &mesospb.TaskStatus{
		TaskId: &mesospb.TaskID{Value: &task}, State: &s, Uuid: id[:], Source: mesospb.TaskStatus_SOURCE_EXECUTOR.Enum(), Data: data}}
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
	answer, err := post(context.Background(), x.url, x.header, c)
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
// lists), "second" (a second stream), "exit N", "send TASK STATE", "env", "orphan"
// (leave a child behind); anything else is sent back.
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
	case "second":
		x.subscribe() // the first stream stays open, as far as we are concerned
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
