package framework

import (
	"errors"
	"fmt"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/records"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	v1 "k8s.io/api/core/v1"
)

func onNode(p *v1.Pod) {
	boundTo("host-s1")(p)
	p.Status.Phase = v1.PodRunning
}

// torn is a harness with a framework on record that has run pods, being torn down.
func torn(t *testing.T, tasks int) (*harness, chan error, *TornDown) {
	w := newHarness(t, makePod("php", onNode), makePod("waits"))
	w.store.records = map[string][]byte{
		keyFramework:      []byte("F-1"),
		keyAgents + "S1":  records.PutAgent("S1", records.Agent{Node: "host-s1", Hostname: "host-S1"}).Value,
		"pki/authorities": []byte("not ours to delete"),
	}
	for i := range tasks {
		id := fmt.Sprintf("uid-%d.1", i)
		w.store.records[keyTasks+id] = records.PutTask(taskOn(id, "uid-"+id, 1, "S1", "host-s1")).Value
	}
	done, ended := &TornDown{}, make(chan error, 1)
	go func() {
		var err error
		*done, err = Teardown(t.Context(), w.config())
		ended <- err
	}()
	w.mesos = receive(t, w.master.ran, "a subscription")
	return w, ended, done
}

var subscribedAgain = &mesospb.SchedulerEvent{Type: mesospb.SchedulerEvent_SUBSCRIBED.Enum(), Subscribed: &mesospb.SchedulerEvent_Subscribed{}}

// The framework is removed, and that is certain before anything else happens; then
// bound pods are Failed, waiting ones wait, and nothing of it is on record.
func TestTeardown(t *testing.T) {
	t.Parallel()
	const tasks = 2*MaxChanges + 7
	w, ended, done := torn(t, tasks)
	if id := receive(t, w.master.infos, "FrameworkInfo").GetId().GetValue(); id != "F-1" {
		t.Errorf("subscribed as %q", id)
	}
	w.mesos.Event(subscribedAgain)
	w.call(mesospb.SchedulerCall_TEARDOWN)
	w.mesos.Disconnected(errStory) // the stream ends without a word, or the call was lost
	if got := w.pod("php").Status.Phase; got != v1.PodRunning {
		t.Errorf("before Mesos has confirmed it the pod is %s", got)
	}
	w.mesos.Event(subscribedAgain) // it was lost
	w.call(mesospb.SchedulerCall_TEARDOWN)
	w.master.end <- mesos.ErrRemoved
	if err := receive(t, ended, "end of Teardown"); err != nil {
		t.Fatal(err)
	}
	if want := (TornDown{Framework: "F-1", Tasks: tasks, Pods: 1}); *done != want {
		t.Errorf("done is %+v, want %+v", *done, want)
	}
	if p := w.pod("php"); p.Status.Phase != v1.PodFailed || p.Status.Reason != "FrameworkTornDown" {
		t.Errorf("the bound pod is %s, %s", p.Status.Phase, p.Status.Reason)
	}
	if p := w.pod("waits"); p.Status.Phase != "" {
		t.Errorf("the waiting pod is %s", p.Status.Phase)
	}
	if len(w.store.records) != 1 || w.store.records["pki/authorities"] == nil {
		t.Errorf("on record are %d: %v", len(w.store.records), w.store.records)
	}
	if _, err := Teardown(t.Context(), w.config()); !errors.Is(err, ErrNoFramework) {
		t.Errorf("a second time: %v", err)
	}
}

// A framework removed before, by an operator or for being away too long, only
// leaves its records to delete.
func TestTeardownOfTheRemoved(t *testing.T) {
	t.Parallel()
	w, ended, _ := torn(t, 1)
	w.master.end <- mesos.ErrRemoved
	if err := receive(t, ended, "end of Teardown"); err != nil {
		t.Error(err)
	}
	if got := w.pod("php").Status.Phase; got != v1.PodFailed {
		t.Errorf("the bound pod is %s", got)
	}
}

// A master's refusal is reported, and nothing of ours changes.
func TestTeardownRefused(t *testing.T) {
	t.Parallel()
	w, ended, _ := torn(t, 1)
	w.master.refuseWith(&mesos.CallError{Call: "TEARDOWN", Status: 403, Body: "not you"})
	w.mesos.Event(subscribedAgain)
	var no *mesos.CallError
	if err := receive(t, ended, "end of Teardown"); !errors.As(err, &no) {
		t.Errorf("it ended with %v", err)
	}
	if got := w.pod("php").Status.Phase; got != v1.PodRunning {
		t.Errorf("the bound pod is %s", got)
	}
	if len(w.store.records) != 4 {
		t.Errorf("on record are %d", len(w.store.records))
	}
}

// Records that could not be deleted do not lose the framework's id: the command
// can be given again.
func TestTeardownInterrupted(t *testing.T) {
	t.Parallel()
	w, ended, _ := torn(t, MaxChanges+1)
	commits := 0
	w.store.fail = func([]Change) error {
		if commits++; commits > 1 {
			return errStory
		}
		return nil
	}
	w.master.end <- mesos.ErrRemoved
	if err := receive(t, ended, "end of Teardown"); !errors.Is(err, errStory) {
		t.Errorf("it ended with %v", err)
	}
	if id, _ := w.store.get(keyFramework); string(id) != "F-1" {
		t.Errorf("the id on record is %q", id)
	}
}
