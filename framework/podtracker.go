package framework

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/podspec"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// podTracker knows the pods that are the framework's to run, hands them to the core, and
// tells people why they wait.
type podTracker struct {
	step    func(scheduler.Event)
	now     func() time.Time
	events  eventRecorder
	reasons reasons
	remove  func(*v1.Pod) // removes a pod that is being deleted and that no kubelet has
	metrics *metrics

	schedulers       podspec.Schedulers // that pods ask for to be ours
	defaultContainer scheduler.Amount   // what a container without requests counts as

	pods       map[string]*v1.Pod // ours to run, by uid
	beforeSync map[string]*v1.Pod // all that are seen before synced
	synced     bool               // every pod that existed at start has been seen
	waiting    map[string]string  // why a pod waits, by uid

	unknown    map[string]string             // of a scheduler that is not ours, and what it was told, by uid
	foreign    map[string]scheduler.Resident // on nodes, but not ours to run, by uid
	notRunning map[string]time.Time          // when a pod without a node was first seen, by uid, until it runs
	nodeWaits  map[string]string             // what a pod's node waits for, by uid, as the pod's events tell
}

// eventRecorder takes events for people; it does not block.
type eventRecorder interface {
	Event(about runtime.Object, eventType, reason, message string)
}

// reasons shows with pods why they wait.
type reasons interface {
	Set(p *v1.Pod, message string)
	Clear(uid string)
}

func newPodTracker(t podTracker) *podTracker {
	t.pods, t.beforeSync = map[string]*v1.Pod{}, map[string]*v1.Pod{}
	t.foreign, t.unknown = map[string]scheduler.Resident{}, map[string]string{}
	t.waiting, t.notRunning, t.nodeWaits = map[string]string{}, map[string]time.Time{}, map[string]string{}
	return &t
}

// get returns a pod, or nil when it is not ours to run.
func (t *podTracker) get(uid string) *v1.Pod { return t.pods[uid] }

// bound returns the pod of a task that is bound to the agent, or nil.
func (t *podTracker) bound(task scheduler.Task, a *agent) *v1.Pod {
	if p := t.pods[task.PodUID]; p != nil && podspec.Bound(p) && p.Spec.NodeName == a.Node {
		return p
	}
	return nil
}

// name returns a pod's name for the log.
func (t *podTracker) name(uid string) string {
	if p := t.pods[uid]; p != nil {
		return p.Namespace + "/" + p.Name
	}
	return uid
}

// seen tells the core about a pod that is ours, again when its binding, its
// requests, what it has been allocated or its labels have changed, and that it is gone when it is finished or no longer
// ours. It reports whether the pod was handed to the core.
func (t *podTracker) seen(p *v1.Pod) bool {
	uid := string(p.UID)
	if !t.synced {
		t.beforeSync[uid] = p
		return false
	}
	old, known := t.pods[uid]
	if !t.schedulers.Ours(p) {
		if known {
			t.gone(p)
		}
		t.seenForeign(p)
		t.tellUnknown(p)
		if podspec.Abandoned(p) {
			t.remove(p)
		}
		return false
	}
	t.pods[uid] = p
	if known && old.Status.StartTime == nil && p.Status.StartTime != nil {
		t.step(scheduler.PodStarted{UID: uid, At: p.Status.StartTime.Time})
	}
	if known && old.Spec.NodeName == p.Spec.NodeName && podspec.Bound(old) == podspec.Bound(p) && old.Generation == p.Generation &&
		maps.Equal(old.Labels, p.Labels) && podspec.SameAllocation(old, p) {
		return false
	}
	if !known && !podspec.Bound(p) {
		t.notRunning[uid] = t.now()
	}
	t.add(p)
	return true
}

// seenForeign tells the core about a pod on a node that is not ours to run: pods of
// ours may have to keep away from it.
func (t *podTracker) seenForeign(p *v1.Pod) {
	if p.Spec.NodeName == "" || podspec.Finished(p) {
		t.foreignGone(string(p.UID))
		return
	}
	if old, is := t.foreign[string(p.UID)]; is && maps.Equal(old.Pod.Object.Labels, p.Labels) && old.Pod.Object.DeletionTimestamp.Equal(p.DeletionTimestamp) {
		return
	}
	pod, _ := podspec.Requirements(p, t.defaultContainer)
	r := scheduler.Resident{Pod: pod, Node: p.Spec.NodeName}
	t.foreign[pod.UID] = r
	t.step(r)
}

// tellUnknown tells a pod once that waits for another scheduler: its name may be a
// mistake.
func (t *podTracker) tellUnknown(p *v1.Pod) {
	uid := string(p.UID)
	if p.Spec.NodeName != "" || podspec.Finished(p) || t.schedulers.Asked(p) || t.unknown[uid] != "" {
		return
	}
	t.unknown[uid] = leftAlone(p, t.schedulers)
	t.events.Event(p, v1.EventTypeNormal, "LeftToAnotherScheduler", t.unknown[uid])
}

func leftAlone(p *v1.Pod, schedulers podspec.Schedulers) string {
	return fmt.Sprintf("it asks for scheduler %s, and is left to that: this one is called %s", p.Spec.SchedulerName, strings.Join(schedulers, " or "))
}

func (t *podTracker) foreignGone(uid string) {
	if r, is := t.foreign[uid]; is {
		delete(t.foreign, uid)
		r.Gone = true
		t.step(r)
	}
}

func (t *podTracker) gone(p *v1.Pod) {
	uid := string(p.UID)
	delete(t.beforeSync, uid)
	t.foreignGone(uid)
	delete(t.unknown, uid)
	if _, known := t.pods[uid]; !known {
		return
	}
	delete(t.pods, uid)
	delete(t.notRunning, uid)
	delete(t.nodeWaits, uid)
	t.clearReason(uid)
	t.step(scheduler.PodRemoved{UID: uid})
}

// add hands a pod to the core, or, when no agent could ever run it, tells
// its owner.
func (t *podTracker) add(p *v1.Pod) {
	pod, missing := podspec.Requirements(p, t.defaultContainer)
	bound := ""
	if podspec.Bound(p) {
		bound = p.Spec.NodeName
	}
	if missing != "" && bound == "" {
		t.step(scheduler.PodRemoved{UID: pod.UID}) // in case an earlier form of it was fine
		t.explain(pod.UID, missing)
		return
	}
	if bound != "" {
		t.clearReason(pod.UID)
	}
	t.step(scheduler.PodAdded{Pod: pod, Node: bound})
}

// listed returns the pods that existed at start, the oldest first: first come, first
// served holds over restarts. From now on seen hands pods to the core.
func (t *podTracker) listed() []*v1.Pod {
	all := slices.SortedFunc(maps.Values(t.beforeSync), func(a, b *v1.Pod) int {
		if c := a.CreationTimestamp.Compare(b.CreationTimestamp.Time); c != 0 {
			return c
		}
		// Within a second: a version is larger the later it was written.
		if c := len(a.ResourceVersion) - len(b.ResourceVersion); c != 0 {
			return c
		}
		return strings.Compare(a.ResourceVersion, b.ResourceVersion)
	})
	t.beforeSync, t.synced = nil, true
	return all
}

// explain tells why a pod waits; for a bound pod, which may run, by an event
// alone.
func (t *podTracker) explain(uid, message string) {
	switch p := t.pods[uid]; {
	case p == nil:
	case podspec.Bound(p):
		t.events.Event(p, v1.EventTypeWarning, "WaitsForExecutor", message)
	default:
		t.waiting[uid] = message
		t.reasons.Set(p, message)
	}
}

// clearReason notes that the pod no longer waits.
func (t *podTracker) clearReason(uid string) {
	delete(t.waiting, uid)
	t.reasons.Clear(uid)
}

// waitingPods returns the pods that wait for a stated reason, by name.
func (t *podTracker) waitingPods() (all []WaitingPod) {
	for uid, reason := range t.waiting {
		if p := t.pods[uid]; p != nil {
			all = append(all, WaitingPod{p.Namespace, p.Name, reason})
		}
	}
	slices.SortFunc(all, func(a, b WaitingPod) int {
		return strings.Compare(a.Namespace+"/"+a.Name, b.Namespace+"/"+b.Name)
	})
	return all
}

// unbound returns how many pods the framework has not bound to a node, and how old the oldest is.
func (t *podTracker) unbound() (n int, oldest time.Duration) {
	for _, p := range t.pods {
		if !podspec.Bound(p) {
			n++
			oldest = max(oldest, t.now().Sub(p.CreationTimestamp.Time))
		}
	}
	return n, oldest
}

// nodeWaitsFor writes an event of a pod whose node cannot run it yet, once for
// each reason: Mesos repeats updates, and executors repeat reasons.
func (t *podTracker) nodeWaitsFor(task scheduler.Task, reason string) {
	p := t.pods[task.PodUID]
	if p == nil || reason == "" || reason == t.nodeWaits[task.PodUID] {
		return
	}
	t.nodeWaits[task.PodUID] = reason
	t.events.Event(p, v1.EventTypeWarning, "WaitsForNode", nodeCannot(task.Node, reason))
}
