package framework

import (
	"context"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/glog"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	v1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// Before a maintenance that an operator has announced (Mesos' docs/maintenance.md)
// an agent is emptied: from maintenanceNotice ahead, new pods keep away from it,
// and from evictionLead ahead, those there are evicted, repeatedly, as far as
// their disruption budgets allow.
const (
	maintenanceNotice = time.Hour
	evictionLead      = 10 * time.Minute
	maintenanceEvery  = 15 * time.Second
)

// lookAtMaintenance is a message to the loop: time has passed.
type lookAtMaintenance struct{}

func (f *Framework) watchMaintenance(ctx context.Context) {
	f.remind(ctx, lookAtMaintenance{}, maintenanceEvery, nil)
}

// window is when an agent is to be without tasks. The zero value: never.
type window struct {
	start time.Time
	end   time.Time // zero: not known
}

func windowOf(u *mesospb.Unavailability) window {
	if u == nil {
		return window{}
	}
	w := window{start: time.Unix(0, u.GetStart().GetNanoseconds())}
	if u.Duration != nil {
		w.end = w.start.Add(time.Duration(u.GetDuration().GetNanoseconds()))
	}
	return w
}

// within reports whether at now the window is less than ahead away, or open.
func (w window) within(ahead time.Duration, now time.Time) bool {
	return !w.start.IsZero() && now.Add(ahead).After(w.start) && (w.end.IsZero() || now.Before(w.end))
}

// inverseOffered: the master asks whether agents may be emptied. They may; pods
// leave in time.
func (l *loop) inverseOffered(offers []*mesospb.InverseOffer) {
	c := &mesospb.SchedulerCall{
		Type:                mesospb.SchedulerCall_ACCEPT_INVERSE_OFFERS.Enum(),
		AcceptInverseOffers: &mesospb.SchedulerCall_AcceptInverseOffers{},
	}
	for _, o := range offers {
		c.AcceptInverseOffers.InverseOfferIds = append(c.AcceptInverseOffers.InverseOfferIds, o.GetId())
		if a := l.agents.byID[o.GetAgentId().GetValue()]; a != nil {
			a.maintenance = windowOf(o.GetUnavailability())
			glog.Infof("framework: agent %s (node %s) is to be without tasks from %s", a.id, a.Node, a.maintenance.start)
		}
	}
	l.outbox.put(job{call: c})
	l.maintain()
}

// maintain does what is due before the maintenance of agents.
func (l *loop) maintain() {
	now := l.clock.now()
	for _, a := range l.agents.byID {
		if a.maintenance.start.IsZero() {
			continue
		}
		w := l.wanted(a)
		l.writer.want(w)
		l.tellNode(w.name, &w)
		if !a.maintenance.within(evictionLead, now) {
			continue
		}
		for _, t := range a.tasks {
			if p := l.podOf(t, a); p != nil && p.DeletionTimestamp == nil {
				l.workers.startOnce("evict "+string(p.UID), func(ctx context.Context, _ pause) {
					bounded, cancel := context.WithTimeout(ctx, evictTime)
					defer cancel()
					evict(bounded, l.cfg.Client, p)
				})
			}
		}
	}
}

// evictTime bounds one attempt, as the next comes soon.
const evictTime = 10 * time.Second

// evict requests the eviction of a pod, which may be refused.
func evict(ctx context.Context, client kubernetes.Interface, p *v1.Pod) {
	err := client.CoreV1().Pods(p.Namespace).EvictV1(ctx, &policyv1.Eviction{
		ObjectMeta:    metav1.ObjectMeta{Namespace: p.Namespace, Name: p.Name},
		DeleteOptions: &metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &p.UID}},
	})
	switch {
	case err == nil:
		glog.Infof("framework: pod %s/%s leaves node %s before its maintenance", p.Namespace, p.Name, p.Spec.NodeName)
	case apierrors.IsNotFound(err), apierrors.IsConflict(err), ctx.Err() != nil:
	default: // a disruption budget, most likely: it is tried again
		glog.Warningf("framework: evicting pod %s/%s before the maintenance of node %s: %v", p.Namespace, p.Name, p.Spec.NodeName, err)
	}
}
