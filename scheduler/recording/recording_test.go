package recording

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr/testr"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

var (
	executor = scheduler.Config{Executor: scheduler.Amount{CPU: 100, Mem: 64}}
	began    = time.Date(2020, 2, 29, 12, 0, 0, 0, time.UTC)
)

// recorded gives a new core these events, a second after another, and returns the file of
// their recording.
func recorded(t *testing.T, limit int64, events ...scheduler.Event) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "recording")
	w, err := NewWriter(path, limit, executor, "", testr.New(t))
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { w.Run(ctx); close(done) }()
	core, now := scheduler.New(executor), began
	for _, e := range events {
		if o, is := e.(Observed); is {
			w.Observe(now, o.Object, o.Gone)
			continue
		}
		now = now.Add(time.Second)
		w.Record(now, e, core.Step(now, e))
	}
	end()
	<-done
	return path
}

func node(name, zone string) scheduler.NodeChanged {
	return scheduler.NodeChanged{Name: name, Node: &v1.Node{ObjectMeta: metav1.ObjectMeta{
		Name: name, Labels: map[string]string{"zone": zone}, ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "kubelet"}},
	}}}
}

func offered(id, node string, cpu int64) scheduler.Offered {
	return scheduler.Offered{Offers: []scheduler.Offer{{ID: id, Agent: "agent-" + node, Node: node, Amount: scheduler.Amount{CPU: cpu, Mem: 4096}}}}
}

func pod(name string, cpu int64, zone string) scheduler.PodAdded {
	p := scheduler.Pod{
		UID: "uid-" + name, Namespace: "default", Name: name, Amount: scheduler.Amount{CPU: cpu, Mem: 64}, Class: fmt.Sprint(cpu, zone),
		Object: &v1.Pod{
			ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default", UID: types.UID("uid-" + name), Annotations: map[string]string{"a": "canary"}},
			Spec: v1.PodSpec{
				NodeSelector: map[string]string{"zone": zone},
				Containers:   []v1.Container{{Name: "c", Command: []string{"canary"}, Env: []v1.EnvVar{{Name: "PASSWORD", Value: "canary"}}}},
				Volumes:      []v1.Volume{{Name: "canary", VolumeSource: v1.VolumeSource{Secret: &v1.SecretVolumeSource{SecretName: "canary"}}}},
			},
		},
	}
	compile(&p)
	return scheduler.PodAdded{Pod: p}
}

func running(task, node string) scheduler.Updated {
	return scheduler.Updated{Update: scheduler.Update{
		Task: task, Agent: "agent-" + node, State: mesospb.TaskState_TASK_STARTING,
		Source: mesospb.TaskStatus_SOURCE_EXECUTOR, UUID: "\xff\x00\xfe",
	}}
}

func story() []scheduler.Event {
	return []scheduler.Event{
		scheduler.Restored{}, node("n1", "east"), node("n2", "west"), pod("early", 500, "west"), scheduler.PodsListed{},
		scheduler.Subscribed{}, offered("o1", "n1", 4000), offered("o2", "n2", 2000), running("uid-early.1", "n2"),
		scheduler.Bound{Task: "uid-early.1"}, pod("large", 8000, "east"), scheduler.Tick{},
		scheduler.Disconnected{Err: errors.New("the master is away")}, scheduler.Subscribed{}, offered("o3", "n1", 9000), scheduler.Tick{},
		scheduler.LaunchFailed{Tasks: []scheduler.Task{{ID: "uid-large.1", PodUID: "uid-large", Attempt: 1, Agent: "agent-n1", Node: "n1"}}, Err: errors.New("no store")},
		scheduler.PodRemoved{UID: "uid-early"}, scheduler.Tick{},
	}
}

// readerOf returns a reader of a recording, which is open until the test ends.
func readerOf(t *testing.T, path string) *Reader {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	in, err := NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func replayed(t *testing.T, path string, cfg scheduler.Config, rules Rules) (Outcome, string) {
	t.Helper()
	var out bytes.Buffer
	outcome, err := Replay(readerOf(t, path), scheduler.New(cfg), rules, &out)
	if err != nil {
		t.Fatal(err)
	}
	return outcome, out.String()
}

// What is played again is decided again, and told; a core of another configuration decides
// otherwise, and that is told, too.
func TestReplay(t *testing.T) {
	path := recorded(t, DefaultLimit, story()...)
	got, told := replayed(t, path, executor, nil)
	if want := (Outcome{Steps: len(story()), Launches: 2}); got != want {
		t.Errorf("the outcome is %+v, want %+v:\n%s", got, want, told)
	}
	for _, want := range []string{
		"2020-02-29T12:00:08.000Z launch default/early on n2 (agent agent-n2), attempt 1, after 4s\n",
		"2020-02-29T12:00:15.000Z launch default/large on n1 (agent agent-n1), attempt 1, after 4s\n",
	} {
		if !strings.Contains(told, want) {
			t.Errorf("%q is not among\n%s", want, told)
		}
	}
	other := scheduler.Config{Executor: scheduler.Amount{CPU: 1600, Mem: 64}} // early does not fit
	got, told = replayed(t, path, other, nil)
	if got.Different == 0 || got.Launches != 0 || !strings.Contains(told, "step 8 (Offered) differs\n") || !strings.Contains(told, `recorded {"Launch":{"Agent":"agent-n2"`) {
		t.Errorf("another configuration: %+v\n%s", got, told)
	}
}

// A recording has nothing that scheduling does not look at, and only its owner reads it.
func TestRecordingKeepsSecrets(t *testing.T) {
	path := recorded(t, DefaultLimit, story()...)
	b, err := os.ReadFile(path)
	if err != nil || bytes.Contains(b, []byte("canary")) || bytes.Contains(b, []byte("managedFields")) {
		t.Errorf("%v, or there is too much in\n%s", err, b)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v, %v", info.Mode(), err)
	}
}

// A full file is continued in another that can be played by itself: of the first pod, which
// runs, and of the offers both know.
func TestFilesAreContinued(t *testing.T) {
	path := recorded(t, 3200, story()...)
	before, err := os.ReadFile(path + ".1")
	if err != nil || len(before) < 3200 {
		t.Fatalf("the file before has %d bytes: %v", len(before), err)
	}
	b, err := os.ReadFile(path)
	if err != nil || !bytes.Contains(b, []byte(`"Continues":true`)) {
		t.Fatalf("the file does not continue another: %v\n%s", err, b)
	}
	got, told := replayed(t, path, executor, nil)
	if got.Launches != 1 || !strings.Contains(told, "launch default/large on n1") || strings.Contains(told, `recorded {"Launch"`) {
		t.Errorf("the outcome is %+v:\n%s", got, told)
	}
}

type objects []string

func (o *objects) Observe(object any, gone bool) bool {
	pv := object.(*v1.PersistentVolume)
	*o = append(*o, fmt.Sprint(pv.Name, " ", pv.Spec.StorageClassName, " ", gone))
	return true
}

// Rules are told what they were told.
func TestRulesObserve(t *testing.T) {
	pv := &v1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: "pv"}, Spec: v1.PersistentVolumeSpec{StorageClassName: "fast"}}
	path := recorded(t, DefaultLimit, scheduler.Restored{}, Observed{Object: pv}, Observed{Object: pv, Gone: true})
	var seen objects
	replayed(t, path, executor, &seen)
	if got := strings.Join(seen, ", "); got != "pv fast false, pv fast true" {
		t.Errorf("they were told %s", got)
	}
}

// A file that a program before has left is kept.
func TestEarlierFileIsKept(t *testing.T) {
	path := recorded(t, DefaultLimit, story()...)
	was, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewWriter(path, DefaultLimit, executor, "", testr.New(t)); err != nil {
		t.Fatal(err)
	}
	if kept, err := os.ReadFile(path + ".1"); err != nil || !bytes.Equal(kept, was) {
		t.Errorf("%d bytes are kept of %d: %v", len(kept), len(was), err)
	}
}

// What is no recording is refused with the reason; a crash may cut the last line.
func TestBadRecordings(t *testing.T) {
	b, err := os.ReadFile(recorded(t, DefaultLimit, story()...))
	if err != nil {
		t.Fatal(err)
	}
	whole := string(b)
	for _, row := range []struct{ name, text, want string }{
		{"an empty file", "", "it is empty"},
		{"another file", "kind: Pod\n", "its first line is no header"},
		{"another version", `{"Version":9}` + "\n", "its format is version 9 and this program reads 1"},
		{"an unknown event", strings.Replace(whole, `"Event":"Tick"`, `"Event":"Tock"`, 1), `line 13: unknown event "Tock"`},
		{"an event of another form", strings.Replace(whole, `{"UID":"uid-early"}`, `{"UID":7}`, 1), "line 19: event PodRemoved"},
		{"a line that is cut", whole[:len(whole)-5], ""},
	} {
		in, err := NewReader(strings.NewReader(row.text))
		if err == nil {
			_, err = Replay(in, scheduler.New(executor), nil, &bytes.Buffer{})
		}
		if row.want == "" && err != nil || row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)) {
			t.Errorf("%s: %v, want %q", row.name, err, row.want)
		}
	}
}

// A disk that does not keep up ends the recording, not the core.
func TestSlowDisk(t *testing.T) {
	w, err := NewWriter(filepath.Join(t.TempDir(), "recording"), DefaultLimit, executor, "", testr.New(t))
	if err != nil {
		t.Fatal(err)
	}
	for range waiting + 2 { // nothing is written: Run does not run yet
		w.Record(began, scheduler.Tick{}, nil)
	}
	w.Run(t.Context())
	if b, err := os.ReadFile(w.path); err != nil || bytes.Count(b, []byte("\n")) != 1+waiting {
		t.Errorf("%d lines are written: %v", bytes.Count(b, []byte("\n")), err)
	}
}
