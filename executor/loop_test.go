package executor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// agent is a connection to Mesos whose other end is the test.
type agent struct {
	events  chan *mesospb.ExecutorEvent
	gone    chan error
	record  *record
	silent  atomic.Bool   // acknowledges nothing
	detach  chan struct{} // closed by Detach
	resumed string        // what it was given to go on with
}

func (a *agent) Detach() { close(a.detach) }

func (a *agent) Unacknowledged() ([]byte, error) { return []byte("debts"), nil }

func (a *agent) Resume(owed []byte) error {
	a.resumed = string(owed)
	return nil
}

func (a *agent) Run(ctx context.Context, h mesos.ExecutorHandler) error {
	for {
		select {
		case e := <-a.events:
			h.Event(e)
			if e.GetType() == mesospb.ExecutorEvent_SHUTDOWN {
				if !a.record.has("flush") { // the connection would end too early
					a.record.add("SHUTDOWN returned before all was reported")
				}
				return mesos.ErrShutdown
			}
		case err := <-a.gone:
			return err
		case <-a.detach:
			for len(a.events) > 0 {
				h.Event(<-a.events)
			}
			return mesos.ErrDetached
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (a *agent) Update(s *mesospb.TaskStatus) {
	a.record.add(strings.TrimPrefix(s.GetState().String(), "TASK_") + " " + s.GetTaskId().GetValue())
}

func (a *agent) Flush(ctx context.Context) error {
	if ctx.Err() == nil {
		a.record.add("flush")
	}
	if a.silent.Load() {
		<-ctx.Done()
		return ctx.Err()
	}
	return nil
}

// faults configures a testNode.
type faults struct {
	failDeletes  int           // deletions that fail before one succeeds
	outlive      time.Duration // how long containers keep running after the first call of Running
	drainTakes   time.Duration
	drainFails   error
	cleanUpFails error
}

// testNode is a node that behaves as the test says.
type testNode struct {
	record *record
	pods   chan []Pod
	waits  chan string
	fail   chan error

	mu sync.Mutex
	faults
	since time.Time
}

func (n *testNode) Run(ctx context.Context, spec Spec, o Observer) error {
	n.record.add("node " + spec.Name)
	o.Up()
	for {
		select {
		case p := <-n.pods:
			o.Pods(p)
		case reason := <-n.waits:
			o.Waits(reason)
		case err := <-n.fail:
			return err
		case <-ctx.Done():
			n.record.add("node ends")
			return n.cleanUpFails
		}
	}
}

func (n *testNode) SetServers(servers []string) error {
	n.record.add(fmt.Sprint("servers ", servers))
	return nil
}

func (n *testNode) Hold(uid string, a Amount) { n.record.add(fmt.Sprintf("hold %s %v", uid, a)) }

func (n *testNode) Delete(_ context.Context, ref Ref, grace *time.Duration) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.record.add("delete " + ref.String())
	if n.failDeletes > 0 {
		n.failDeletes--
		return errors.New("no API server answers")
	}
	return nil
}

func (n *testNode) Running(context.Context, string) (bool, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.since.IsZero() {
		n.since = time.Now()
	}
	return time.Since(n.since) < n.outlive, nil
}

func (n *testNode) Drain(ctx context.Context) error {
	n.record.add("drain")
	select {
	case <-time.After(n.drainTakes):
		return n.drainFails
	case <-ctx.Done():
		return fmt.Errorf("containers are left: %w", ctx.Err())
	}
}

// record holds what happened, in order.
type record struct {
	mu    sync.Mutex
	lines []string
}

func (r *record) add(line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, line)
}

func (r *record) has(line string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Contains(r.lines, line)
}

func (r *record) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	lines := r.lines
	r.lines = nil
	return lines
}

// bench is an executor in a bubble of time, with the test around it.
type bench struct {
	t        *testing.T
	agent    *agent
	node     *testNode
	programs *testPrograms
	record   *record
	signal   context.CancelFunc
	result   chan error
}

const grace = 9 * time.Second

// inBubble runs a story about an executor whose node has the given faults. The
// executor must have ended by its end.
func inBubble(t *testing.T, f faults, story func(*bench)) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &record{}
		node := &testNode{record: r, pods: make(chan []Pod), waits: make(chan string), fail: make(chan error), faults: f}
		b := &bench{t: t, record: r, node: node, programs: &testPrograms{record: r, answer: make(chan error)}}
		b.run(nil)
		defer func() { b.signal() }()
		story(b)
	})
}

// run starts the executor, with the state of a previous one if there is one.
func (b *bench) run(state []byte) {
	b.t.Helper()
	b.result = make(chan error, 1)
	b.agent = &agent{events: make(chan *mesospb.ExecutorEvent, 10), gone: make(chan error), record: b.record, detach: make(chan struct{})}
	e, err := New(Config{Mesos: b.agent, Runner: b.node, Grace: grace, Programs: b.programs, State: state})
	if err != nil {
		b.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.t.Context())
	b.signal = cancel
	go func() { b.result <- e.Run(ctx) }()
	b.agent.events <- &mesospb.ExecutorEvent{Type: mesospb.ExecutorEvent_SUBSCRIBED.Enum(), Subscribed: subscribedEvent(true)}
}

func (b *bench) launch(id, pod string, traits ...string) {
	b.agent.events <- &mesospb.ExecutorEvent{Type: mesospb.ExecutorEvent_LAUNCH.Enum(),
		Launch: &mesospb.ExecutorEvent_Launch{Task: launchOf(b.t, id, pod, traits...)}}
	synctest.Wait()
}

func (b *bench) message(text string) {
	b.agent.events <- &mesospb.ExecutorEvent{Type: mesospb.ExecutorEvent_MESSAGE.Enum(),
		Message: &mesospb.ExecutorEvent_Message{Data: []byte(text)}}
}

func (b *bench) kill(id string) {
	b.agent.events <- &mesospb.ExecutorEvent{Type: mesospb.ExecutorEvent_KILL.Enum(),
		Kill: &mesospb.ExecutorEvent_Kill{TaskId: &mesospb.TaskID{Value: &id}}}
}

func (b *bench) shutdown() {
	b.agent.events <- &mesospb.ExecutorEvent{Type: mesospb.ExecutorEvent_SHUTDOWN.Enum()}
}

func (b *bench) bound(pods ...string) {
	var all []Pod
	for _, p := range pods {
		all = append(all, podOf(b.t, p))
	}
	b.node.pods <- all
	synctest.Wait()
}

// happened checks what has happened since its last call.
func (b *bench) happened(want ...string) {
	b.t.Helper()
	synctest.Wait()
	if got := b.record.take(); !slices.Equal(got, want) {
		b.t.Errorf("happened:\n  %q\nwant:\n  %q", got, want)
	}
}

// ends waits for the executor to end, and checks how long that takes and that its
// error is want, which may be nil.
func (b *bench) ends(within time.Duration, want error) {
	b.t.Helper()
	began := time.Now()
	err := <-b.result
	if took := time.Since(began); took > within {
		b.t.Errorf("it ended after %v, want %v at most", took, within)
	}
	if want == nil && err != nil || !errors.Is(err, want) {
		b.t.Errorf("it ended with %v, want %v", err, want)
	}
}

func TestLife(t *testing.T) {
	inBubble(t, faults{outlive: 3 * time.Second}, func(b *bench) {
		b.launch("t1", "a")
		b.happened("node node", "STARTING t1")
		b.bound("a=Running,ready")
		b.happened("RUNNING t1")
		b.bound("a=Succeeded")
		b.happened() // its sandbox still runs
		time.Sleep(5 * time.Second)
		b.happened("FINISHED t1")
		b.shutdown()
		b.ends(0, nil)
		b.happened("drain", "flush", "node ends")
	})
}

func TestKillAsksAgainUntilTheAPIServerAnswers(t *testing.T) {
	inBubble(t, faults{failDeletes: 2}, func(b *bench) {
		b.launch("t1", "a")
		b.bound("a=Running,ready")
		b.record.take()
		b.kill("t1")
		time.Sleep(time.Minute)
		b.happened("KILLING t1", "delete default/a", "delete default/a", "delete default/a")
		b.bound("a=Running,deleting")
		b.bound()
		b.happened("KILLED t1")
		b.signal()
		b.ends(0, nil)
	})
}

// The framework names other API servers; an invalid message changes nothing.
func TestMessage(t *testing.T) {
	inBubble(t, faults{}, func(b *bench) {
		b.message(`{"servers":["https://early:6443"]}`)
		b.launch("t1", "a")
		b.happened("node node", "STARTING t1")
		for _, text := range []string{"", "{", `{}`, `{"servers":"x"}`, "\x00\xff", `{"servers":["https://api:6443"],"new":1}`} {
			b.message(text)
		}
		b.happened()
		b.message(`{"servers":["https://a:6443","https://b:6443"]}`)
		b.happened("servers [https://a:6443 https://b:6443]")
		b.launch("t2", "b") // by a framework that has not heard of b yet
		b.happened("STARTING t2", "servers [https://api:6443]")
		b.signal()
		b.ends(0, nil)
	})
}

func TestLaunchGroup(t *testing.T) {
	inBubble(t, faults{}, func(b *bench) {
		b.agent.events <- &mesospb.ExecutorEvent{Type: mesospb.ExecutorEvent_LAUNCH_GROUP.Enum(),
			LaunchGroup: &mesospb.ExecutorEvent_LaunchGroup{TaskGroup: &mesospb.TaskGroupInfo{
				Tasks: []*mesospb.TaskInfo{launchOf(t, "t1", "a"), launchOf(t, "t2", "b", "bad"), launchOf(t, "t3", "c")}}}}
		synctest.Wait()
		got := b.record.take()
		slices.Sort(got) // the node comes up concurrently
		if want := []string{"FAILED t2", "STARTING t1", "STARTING t3", "node node"}; !slices.Equal(got, want) {
			t.Errorf("happened %q, want %q", got, want)
		}
		b.signal()
		b.ends(0, nil)
	})
}

func TestShutdownKeepsItsTime(t *testing.T) {
	for name, c := range map[string]struct {
		node  faults
		takes time.Duration
		want  []string
		err   error
	}{
		"quick":        {faults{drainTakes: time.Second}, time.Second, []string{"drain", "KILLED t1", "flush", "node ends"}, nil},
		"hanging":      {faults{drainTakes: time.Hour}, grace * 9 / 10, []string{"drain", "FAILED t1", "flush", "node ends"}, context.DeadlineExceeded},
		"failing":      {faults{drainFails: errLeft}, 0, []string{"drain", "FAILED t1", "flush", "node ends"}, errLeft},
		"leaving dirt": {faults{cleanUpFails: errLeft}, 0, []string{"drain", "KILLED t1", "flush", "node ends"}, errLeft},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, c.node, func(b *bench) {
				b.launch("t1", "a")
				b.bound("a=Running,ready")
				b.record.take()
				b.shutdown()
				b.ends(c.takes, c.err)
				b.happened(c.want...)
			})
		})
	}
}

var errLeft = errors.New("container x does not end")

func TestSignalIsAShutdown(t *testing.T) {
	inBubble(t, faults{drainTakes: time.Second}, func(b *bench) {
		b.launch("t1", "a")
		b.record.take()
		b.signal()
		b.ends(time.Second, nil)
		b.happened("drain", "KILLED t1", "flush", "node ends")
	})
}

// A node that cannot come up yet keeps its tasks, and the reason is reported.
func TestNodeWaits(t *testing.T) {
	inBubble(t, faults{}, func(b *bench) {
		b.launch("t1", "a")
		for range 3 {
			b.node.waits <- "no Docker"
			synctest.Wait()
		}
		b.launch("t2", "b")
		b.happened("node node", "STARTING t1", "STARTING t1", "STARTING t2")
		b.bound("a=Running")
		b.happened("STARTING t1", "STARTING t2", "RUNNING t1")
		b.signal()
		b.ends(0, nil)
	})
}

func TestNothingToCleanUp(t *testing.T) {
	inBubble(t, faults{}, func(b *bench) {
		b.signal()
		b.ends(0, nil)
		b.happened("flush")
	})
}

func TestAgentGone(t *testing.T) {
	inBubble(t, faults{}, func(b *bench) {
		b.launch("t1", "a")
		b.record.take()
		b.agent.gone <- mesos.ErrAgentGone
		b.ends(0, mesos.ErrAgentGone)
		b.happened("drain", "KILLED t1", "node ends") // there is no agent to acknowledge
	})
}

func TestNodeFails(t *testing.T) {
	inBubble(t, faults{}, func(b *bench) {
		b.launch("t1", "a")
		b.launch("t2", "b")
		b.record.take()
		b.node.fail <- errors.New("no certificate")
		b.ends(0, ErrNode)
		b.happened("FAILED t1", "FAILED t2", "drain", "flush")
	})
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]Config{
		"no connection": {Runner: &testNode{}, Grace: time.Second},
		"no node":       {Mesos: &agent{}, Grace: time.Second},
		"no time":       {Mesos: &agent{}, Runner: &testNode{}},
	} {
		if _, err := New(cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
