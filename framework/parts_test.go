package framework

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/mailbox"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/nodes"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/podspec"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/records"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Here each part of the loop is tried without the others.

// steps keeps the events that the core is told.
type steps struct{ events []string }

func (s *steps) step(e scheduler.Event) { s.events = append(s.events, fmt.Sprintf("%T", e)) }

// reasonsOf keeps why pods wait.
type reasonsOf map[string]string

func (r reasonsOf) Set(p *v1.Pod, message string) { r[string(p.UID)] = message }
func (r reasonsOf) Clear(uid string)              { delete(r, uid) }

func aPodTracker() (*podTracker, *steps, *recordedEvents, reasonsOf) {
	s, e, r := &steps{}, &recordedEvents{}, reasonsOf{}
	t := newPodTracker(podTracker{schedulers: podspec.DefaultSchedulers(), step: s.step, now: time.Now, events: e, reasons: r, remove: func(*v1.Pod) {}, metrics: newMetrics()})
	t.listed()
	return t, s, e, r
}

// The core hears of a pod when something about it matters.
func TestPodTrackerTellsTheCore(t *testing.T) {
	t.Parallel()
	pods, core, _, _ := aPodTracker()
	for _, step := range []struct {
		pod  *v1.Pod
		want []string
	}{
		{makePod("a"), []string{"scheduler.PodAdded"}},
		{makePod("a", func(p *v1.Pod) { p.Annotations = map[string]string{"x": "y"} }), nil},
		{makePod("a", func(p *v1.Pod) { p.Labels = map[string]string{"x": "y"} }), []string{"scheduler.PodAdded"}}, // others may keep away from it
		{makePod("a", func(p *v1.Pod) { p.Generation = 2 }), []string{"scheduler.PodAdded"}},
		{makePod("a", assignedTo("n1"), func(p *v1.Pod) { p.Generation = 2 }), []string{"scheduler.PodAdded"}},
		{makePod("a", boundTo("n1"), func(p *v1.Pod) { p.Generation = 2 }), []string{"scheduler.PodAdded"}},
		{makePod("a", boundTo("n1"), func(p *v1.Pod) { p.Generation = 2; p.Annotations["x"] = "z" }), nil},
		{makePod("a", func(p *v1.Pod) { p.Status.Phase = v1.PodSucceeded }), []string{"scheduler.PodRemoved"}},
		{makePod("a", func(p *v1.Pod) { p.Status.Phase = v1.PodSucceeded }), nil},
		{makePod("b", func(p *v1.Pod) { p.Spec.SchedulerName = "another" }), nil},
		{makePod("mirror", mirrorOn("n1")), []string{"scheduler.Resident"}},
		{makePod("mirror", mirrorOn("n1"), func(p *v1.Pod) { p.Generation = 2 }), nil},
		{makePod("mirror", mirrorOn("n1"), func(p *v1.Pod) { p.Status.Phase = v1.PodFailed }), []string{"scheduler.Resident"}},
		{makePod("c", func(p *v1.Pod) { p.Spec.Containers[0].Resources.Requests["hugepages-2Mi"] = quantity("2Mi") }), []string{"scheduler.PodRemoved"}},
	} {
		core.events = nil
		handed := pods.seen(step.pod)
		if !slices.Equal(core.events, step.want) {
			t.Errorf("%s, generation %d, on %q: told %q, want %q", step.pod.Name, step.pod.Generation, step.pod.Spec.NodeName, core.events, step.want)
		}
		if handed && step.want == nil {
			t.Errorf("%s is said to be handed over", step.pod.Name)
		}
	}
}

// A pod of a scheduler that is not ours is told so once.
func TestPodTrackerTellsOfAnotherScheduler(t *testing.T) {
	t.Parallel()
	pods, core, events, _ := aPodTracker()
	yunikorn := func(p *v1.Pod) { p.Spec.SchedulerName = "yunikorn" }
	pods.seen(makePod("a", yunikorn))
	pods.seen(makePod("a", yunikorn, func(p *v1.Pod) { p.Generation = 2 }))
	want := []string{"a Normal LeftToAnotherScheduler: it asks for scheduler yunikorn, and is left to that: this one is called default-scheduler or kubernetes-mesos"}
	if !slices.Equal(events.events, want) || len(core.events) > 0 {
		t.Errorf("events %q; the core was told %q", events.events, core.events)
	}
}

// mirrorOn makes a pod the mirror of a static one, which a kubelet runs by itself.
func mirrorOn(node string) func(*v1.Pod) {
	return func(p *v1.Pod) {
		p.Spec.NodeName, p.Annotations = node, map[string]string{v1.MirrorPodAnnotationKey: "x"}
	}
}

// Why a pod waits is shown until it is bound; a bound one, which may run, gets an event.
func TestPodTrackerExplains(t *testing.T) {
	t.Parallel()
	pods, _, events, reasons := aPodTracker()
	pods.seen(makePod("b"))
	pods.seen(makePod("a"))
	pods.explain("uid-b", "no offer")
	pods.explain("uid-a", "too large")
	pods.explain("unknown", "no such pod")
	if got := pods.waitingPods(); !slices.Equal(got, []WaitingPod{{"default", "a", "too large"}, {"default", "b", "no offer"}}) {
		t.Errorf("waiting: %v", got)
	}
	if n, oldest := pods.unbound(); n != 2 || oldest < 0 || oldest > time.Minute {
		t.Errorf("%d pods are not bound, the oldest is %s old", n, oldest)
	}
	pods.seen(makePod("a", boundTo("n1")))
	pods.explain("uid-a", "its executor is gone")
	pods.gone(makePod("b"))
	if len(reasons) > 0 || len(pods.waitingPods()) > 0 {
		t.Errorf("still waiting: %v, %v", reasons, pods.waitingPods())
	}
	if want := []string{"a Warning WaitsForExecutor: its executor is gone"}; !slices.Equal(events.events, want) {
		t.Errorf("events %q, want %q", events.events, want)
	}
}

// deletedAgents returns the agents whose records were deleted.
func deletedAgents(out *recordedJobs) (ids []string) {
	for _, j := range out.jobs {
		for _, c := range j.Changes {
			if c.Value == nil {
				ids = append(ids, c.Key)
			}
		}
	}
	slices.Sort(ids)
	return ids
}

// Of several agents on record for a Node, those without it and without tasks go at start,
// once all Nodes have been seen; one with tasks goes with its last task, whatever agent
// its end names.
func TestSupersededAgentsGo(t *testing.T) {
	t.Parallel()
	for _, names := range []string{"m-S1", "m-S2", "m-S3"} {
		out := &recordedJobs{}
		as := newAgents(records.Records{
			Agents: map[string]records.Agent{"m-S1": {Node: "big"}, "m-S2": {Node: "big"}, "m-S3": {Node: "big"}},
			Tasks:  []scheduler.Task{taskOn("t1", "p", 1, "m-S1", "big"), taskOn("t2", "q", 1, "m-S1", "big")},
		}, out, logr.Discard())
		as.saw(nodeOf("big", names))
		as.forgetSuperseded()
		gone := deletedAgents(out)
		if slices.Contains(gone, keyAgents+names) || slices.Contains(gone, keyAgents+"m-S1") || as.ofNode("big").id != names {
			t.Errorf("the Node names %s: forgotten are %q", names, gone)
		}
		as.forgetTask("t1", "m-S1")
		as.forgetTask("t2", "") // the core does not say where
		if got := len(as.byID); got != 1 {
			t.Errorf("the Node names %s: %d agents are left", names, got)
		}
	}
}

// At start the loop looks for them when it has seen all Nodes.
func TestSupersededAgentsGoAtStart(t *testing.T) {
	t.Parallel()
	out := &recordedJobs{}
	f, err := New(newHarness(t).config())
	if err != nil {
		t.Fatal(err)
	}
	l := f.newLoop(records.Records{Agents: map[string]records.Agent{"m-S1": {Node: "big"}, "m-S2": {Node: "big"}}}, out)
	handle(l, nodeSeen{nodeOf("big", "m-S1")})
	if gone := deletedAgents(out); len(gone) > 0 {
		t.Errorf("forgotten before all Nodes are seen: %q", gone)
	}
	handle(l, podsSynced{})
	if gone := deletedAgents(out); !slices.Equal(gone, []string{keyAgents + "m-S2"}) {
		t.Errorf("forgotten: %q", gone)
	}
}

// A Node that passes to an agent with another id takes the former agent with it.
func TestSupersededAgentGoesAtTakeOver(t *testing.T) {
	t.Parallel()
	out := &recordedJobs{}
	as := newAgents(records.Records{}, out, logr.Discard())
	offerOf(as, makeOffer("o1", "m-S1", four, at("big", 5051)))
	offerOf(as, makeOffer("o2", "m-S2", four, at("big", 5051)))
	if gone := deletedAgents(out); !slices.Equal(gone, []string{keyAgents + "m-S1"}) || len(as.offers) != 1 {
		t.Errorf("forgotten: %q, offers %v", gone, as.offers)
	}
}

func aNodeKeeper(s *steps, e *recordedEvents) *nodeKeeper {
	return &nodeKeeper{step: s.step, now: time.Now, events: e, maxPods: 10, view: nodes.NewView(), writer: wanted{}, names: &nameServers{}}
}

// wanted keeps what Nodes should show.
type wanted map[string]nodes.Desired

func (w wanted) Want(d nodes.Desired) { w[d.Name] = d }
func (w wanted) Deleted(name string)  { delete(w, name) }

// What is known of an agent decides what its Node should show.
func TestNodeKeeper(t *testing.T) {
	t.Parallel()
	core := &steps{}
	k := aNodeKeeper(core, &recordedEvents{})
	as := noAgents()
	a := offerOf(as, makeOffer("o1", "S1", four))
	k.publish(a)
	k.publish(a)
	if !slices.Equal(core.events, []string{"scheduler.NodeChanged"}) {
		t.Errorf("told %q", core.events)
	}
	if d := k.writer.(wanted)[a.Node]; !d.Idle || d.Lost || d.IP != "10.1.0.7" || d.Capacity.CPU != 4000 || d.MaxPods != 10 || d.Agent != "S1" {
		t.Errorf("desired %+v", d)
	}
	a.tasks["t"] = taskOn("t", "p", 1, "S1", a.Node)
	a.maintenance = window{start: time.Now().Add(maintenanceNotice / 2)}
	a.deactivated = true
	if d := k.desired(a); d.Idle || !d.MaintenanceNear || !d.Deactivated || !d.KubeletDecides() {
		t.Errorf("with a task, before maintenance, deactivated: %+v", d)
	}
	k.deleted(a.Node)
	if len(k.writer.(wanted)) > 0 {
		t.Error("a deleted Node is still wanted")
	}
}

// An executor is ended only where it holds up a drain or no task can be sent to it.
func TestEndUnusable(t *testing.T) {
	t.Parallel()
	task := taskOn("t", "p", 1, "S1", "n1")
	for name, c := range map[string]struct {
		change func(*agent)
		ends   bool
	}{
		"as usual":               {func(a *agent) { a.Executor = []byte{1} }, false},
		"no record":              {func(*agent) {}, true},
		"no record, with a task": {func(a *agent) { a.tasks["t"] = task }, false},
		"drains":                 {func(a *agent) { a.Executor, a.Draining = []byte{1}, true }, true},
		"drains, with a task":    {func(a *agent) { a.Executor, a.Draining, a.tasks["t"] = []byte{1}, true, task }, false},
		"drains, has ended":      {func(a *agent) { a.Draining, a.runs, a.started = true, false, false }, false},
	} {
		out := &recordedJobs{}
		d := &drains{outbox: out, agents: noAgents()}
		a := offerOf(d.agents, makeOffer("o1", "S1", four, withExecutor))
		c.change(a)
		d.endUnusable(a)
		if ends := len(out.jobs) == 1 && out.jobs[0].Call.GetType() == mesospb.SchedulerCall_SHUTDOWN; ends != c.ends {
			t.Errorf("%s: ended %t, want %t", name, ends, c.ends)
		}
	}
}

// What a draining agent offers is given back, as tasks would be dropped there, and the
// core hears that it is gone.
func TestDrainGivesOffersBack(t *testing.T) {
	t.Parallel()
	out, core := &recordedJobs{}, &steps{}
	as := newAgents(records.Records{}, out, logr.Discard())
	d := &drains{step: core.step, outbox: out, agents: as, nodes: aNodeKeeper(core, &recordedEvents{}), askMaster: make(chan struct{}, 1)}
	a := offerOf(as, makeOffer("o1", "S1", four, withExecutor))
	offerOf(as, makeOffer("o2", "S1", "cpus:1", withExecutor))
	for range 2 {
		d.begin(a)
	}
	if !slices.Equal(core.events, []string{"scheduler.Rescinded", "scheduler.Rescinded"}) || len(as.offers) > 0 {
		t.Errorf("told %q, offers left %v", core.events, as.offers)
	}
	if len(out.jobs) != 2 || len(out.jobs[0].Changes) != 1 || len(out.jobs[1].Call.GetDecline().GetOfferIds()) != 2 {
		t.Errorf("jobs %+v, want a record and then a DECLINE", out.jobs)
	}
}

// A launch that cannot be made is a failure that the core hears of, and the offers go back.
func TestLauncherFails(t *testing.T) {
	t.Parallel()
	pods, _, _, _ := aPodTracker()
	pods.seen(makePod("php"))
	for name, c := range map[string]struct {
		launch scheduler.Launch
		want   string
	}{
		"unknown agent": {scheduler.Launch{Agent: "S9", Offers: []string{"o1"}}, "agent S9 is unknown"},
		"unknown pod":   {scheduler.Launch{Agent: "S1", Offers: []string{"o1"}, Executor: true, Tasks: []scheduler.Task{taskOn("t", "uid-gone", 1, "S1", "n")}}, "task t: its pod uid-gone is unknown"},
		"no room":       {scheduler.Launch{Agent: "S1", Offers: []string{"o1"}, Executor: true, Tasks: []scheduler.Task{{ID: "t", PodUID: "uid-php", Amount: scheduler.Amount{CPU: 9000}}}}, "task t: "},
		"no offer":      {scheduler.Launch{Agent: "S1", Executor: true}, "executor: "},
	} {
		out, in := &recordedJobs{}, mailbox.New[message]()
		l := &launcher{
			inbox: in, outbox: out, metrics: newMetrics(), agents: noAgents(), pods: pods, identity: &identity{id: "F-1"},
			executor: Executor{URI: "/x", Amount: DefaultExecutor}, cluster: func() taskdata.Cluster { return taskdata.Cluster{} }, tokens: noTokens{},
		}
		offerOf(l.agents, makeOffer("o1", "S1", four))
		l.launch(c.launch)
		if len(out.jobs) != 1 || out.jobs[0].Call.GetType() != mesospb.SchedulerCall_DECLINE || len(out.jobs[0].Changes) > 0 {
			t.Errorf("%s: jobs %+v", name, out.jobs)
		}
		told := in.Take()
		if len(told) != 1 {
			t.Fatalf("%s: %d messages", name, len(told))
		}
		if failed, ok := told[0].(outcome).event.(scheduler.LaunchFailed); !ok || len(failed.Err.Error()) < len(c.want) || failed.Err.Error()[:len(c.want)] != c.want {
			t.Errorf("%s: told %+v", name, told[0])
		}
	}
}

type noTokens struct{}

func (noTokens) For(string, time.Time) string { return "abcdef.0123456789abcdef" }
func (noTokens) Forget(string)                {}

// Pods are evicted from agents whose maintenance is close, unless they leave already.
func TestMaintenanceEvicts(t *testing.T) {
	t.Parallel()
	now := metav1.Now()
	for name, c := range map[string]struct {
		ahead  time.Duration
		change func(*v1.Pod)
		want   bool
	}{
		"close":          {evictionLead / 2, func(*v1.Pod) {}, true},
		"far":            {2 * evictionLead, func(*v1.Pod) {}, false},
		"leaves already": {evictionLead / 2, func(p *v1.Pod) { p.DeletionTimestamp = &now }, false},
		"runs elsewhere": {evictionLead / 2, func(p *v1.Pod) { p.Spec.NodeName = "n9" }, false},
		"assigned only":  {evictionLead / 2, func(p *v1.Pod) { p.Annotations = nil }, false},
		"over":           {-time.Hour, func(*v1.Pod) {}, false},
	} {
		pods, core, events, _ := aPodTracker()
		as := noAgents()
		a := offerOf(as, makeOffer("o1", "S1", four))
		a.tasks["t"] = taskOn("t", "uid-php", 1, "S1", a.Node)
		a.maintenance = window{start: time.Now().Add(c.ahead), end: time.Now().Add(c.ahead + time.Minute)}
		pods.seen(makePod("php", func(p *v1.Pod) {
			p.Spec.NodeName, p.Annotations = a.Node, map[string]string{taskdata.AgentAnnotation: "S1"}
		}, c.change))
		evicted := false
		m := &maintenance{now: time.Now, outbox: &recordedJobs{}, evict: func(*v1.Pod) { evicted = true }, agents: as, nodes: aNodeKeeper(core, events), pods: pods}
		m.prepare()
		if evicted != c.want {
			t.Errorf("%s: evicted %t, want %t", name, evicted, c.want)
		}
	}
}
