package executor

import (
	"context"
	"errors"
	"path"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// testPrograms fetches what the test provides, and starts nothing: the test itself
// begins the executor's next life.
type testPrograms struct {
	record *record
	answer chan error
	state  []byte
}

var errRuns, errNobody = errors.New("runs already"), errors.New("exec format error")

func (p *testPrograms) Fetch(ctx context.Context, program taskdata.Program) (string, error) {
	p.record.add("fetch " + program.URL)
	select {
	case err := <-p.answer:
		if err == errRuns {
			return "", nil
		}
		return path.Base(program.URL), err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func (p *testPrograms) Start(path string, state []byte) error {
	p.record.add("start " + path)
	p.state = state
	return errNobody
}

const wantNew = `{"servers":["https://api:6443"],"program":{"url":"http://f/new","sha256":"1"}}`

// Another program takes over: no pod is touched, work in progress continues, and no
// event that the agent sent meanwhile is lost.
func TestReplaced(t *testing.T) {
	inBubble(t, faults{outlive: time.Hour}, func(b *bench) {
		b.launch("t1", "a")
		b.launch("t2", "b")
		b.bound("a=Running,ready", "b=Running,ready")
		b.bound("a=Succeeded", "b=Running,ready") // a container of a still runs
		b.record.take()
		b.message(wantNew)
		b.message(wantNew)
		b.happened("fetch http://f/new")
		b.agent.events <- &mesospb.ExecutorEvent{Type: mesospb.ExecutorEvent_LAUNCH.Enum(),
			Launch: &mesospb.ExecutorEvent_Launch{Task: launchOf(t, "t3", "c")}}
		b.programs.answer <- nil
		b.ends(0, errNobody)
		b.happened("STARTING t3", "node ends", "start new")

		b.run(b.programs.state)
		if b.agent.resumed != "debts" {
			t.Errorf("the agent is owed %q", b.agent.resumed)
		}
		b.happened("node node")
		b.bound("a=Succeeded", "b=Running,ready", "c=Running")
		b.happened("RUNNING t3")
		time.Sleep(2 * time.Hour)
		b.happened("FINISHED t1")
		b.bound("c=Running")
		b.happened("KILLED t2")
		b.signal()
		b.ends(0, nil)
	})
}

// A program that cannot be fetched changes nothing. It is fetched again when requested
// again; another one is fetched as soon as the first attempt is over.
func TestNotReplaced(t *testing.T) {
	inBubble(t, faults{}, func(b *bench) {
		b.launch("t1", "a")
		b.record.take()
		b.message(wantNew)
		b.programs.answer <- errors.New("404")
		b.happened("fetch http://f/new")
		b.message(wantNew)
		b.message(`{"servers":["https://api:6443"],"program":{"url":"http://f/newer","sha256":"2"}}`)
		synctest.Wait()
		b.programs.answer <- nil
		b.programs.answer <- errRuns
		b.happened("fetch http://f/new", "fetch http://f/newer")
		b.bound("a=Running")
		b.happened("RUNNING t1")
		b.message(wantNew)
		b.happened("fetch http://f/new")
		b.shutdown() // ends the fetch, too
		b.ends(0, nil)
		b.happened("drain", "KILLED t1", "flush", "node ends")
	})
}

// A SHUTDOWN among the last events wins.
func TestShutdownWhileDetaching(t *testing.T) {
	inBubble(t, faults{}, func(b *bench) {
		b.launch("t1", "a")
		b.message(wantNew)
		synctest.Wait()
		b.record.take()
		b.programs.answer <- nil
		b.shutdown()
		b.ends(0, nil)
		if len(b.programs.state) > 0 {
			t.Error("a program was started")
		}
	})
}

func TestBadState(t *testing.T) {
	t.Parallel()
	for _, state := range []string{"", "{", `{"tasks":[{}]}`, `{"tasks":[{"id":"t","end":{"state":"TASK_NEW"}}]}`} {
		if _, err := New(Config{Mesos: &agent{}, Runner: &testNode{}, Grace: grace, State: []byte(state)}); err == nil {
			t.Errorf("%q is accepted", state)
		}
	}
}
