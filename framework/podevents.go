package framework

import (
	"maps"
	"slices"
	"strings"

	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
)

// podSeen tells the core about a pod that is ours, again when its binding or its
// requests have changed, and that it is gone when it is finished or no longer
// ours.
func (l *loop) podSeen(p *v1.Pod) {
	uid := string(p.UID)
	if !l.synced {
		l.early[uid] = p
		return
	}
	old, known := l.pods[uid]
	switch {
	case !ours(p):
		if known {
			l.podGone(p)
		}
	case !known && p.Spec.NodeName == "":
		l.unheard[uid] = l.clock.now()
		l.pods[uid] = p
		l.addPod(p)
	case !known || old.Spec.NodeName != p.Spec.NodeName || old.Generation != p.Generation:
		l.pods[uid] = p
		l.addPod(p)
	default:
		l.pods[uid] = p
	}
}

func (l *loop) podGone(p *v1.Pod) {
	uid := string(p.UID)
	delete(l.early, uid)
	if _, known := l.pods[uid]; !known {
		return
	}
	delete(l.pods, uid)
	delete(l.unheard, uid)
	delete(l.nodeWaits, uid)
	l.settled(uid)
	l.step(scheduler.PodRemoved{UID: uid})
}

// addPod hands a pod to the core, or, when no agent could ever run it, tells
// its owner.
func (l *loop) addPod(p *v1.Pod) {
	pod, missing := translate(p, l.cfg.DefaultContainer)
	if missing != "" && p.Spec.NodeName == "" {
		l.step(scheduler.PodRemoved{UID: pod.UID}) // in case an earlier form of it was fine
		l.explain(pod.UID, missing)
		return
	}
	if p.Spec.NodeName != "" {
		l.settled(pod.UID)
		l.doubtLate(p)
	}
	l.step(scheduler.PodAdded{Pod: pod, Node: p.Spec.NodeName})
}

// podsSynced hands over the pods that existed at start, the oldest first: first
// come, first served holds over restarts.
func (l *loop) podsSynced() {
	early := slices.SortedFunc(maps.Values(l.early), func(a, b *v1.Pod) int {
		if c := a.CreationTimestamp.Compare(b.CreationTimestamp.Time); c != 0 {
			return c
		}
		// Within a second: a version is larger the later it was written.
		if c := len(a.ResourceVersion) - len(b.ResourceVersion); c != 0 {
			return c
		}
		return strings.Compare(a.ResourceVersion, b.ResourceVersion)
	})
	l.early, l.synced = nil, true
	for _, p := range early {
		l.podSeen(p)
	}
	l.step(scheduler.PodsListed{})
}

// explain tells why a pod waits; for a bound pod, which may run, by an event
// alone.
func (l *loop) explain(uid, message string) {
	switch p := l.pods[uid]; {
	case p == nil:
	case p.Spec.NodeName != "":
		l.recorder.event(p, v1.EventTypeWarning, "WaitsForExecutor", message)
	default:
		l.waiting[uid] = message
		l.explainer.say(p, message)
	}
}

// settled notes that the pod no longer waits.
func (l *loop) settled(uid string) {
	delete(l.waiting, uid)
	l.explainer.drop(uid)
}
