package networkpolicy

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
)

// admission is a pod that is about to be connected: its status does not show its addresses
// yet.
type admission []netip.Addr

// admitWait is how long the pod may stay unknown here that a kubelet already starts.
const admitWait = 5 * time.Second

// Admit puts the policies in force that select a pod, before it is connected with these
// addresses. It fails if they are not known or cannot be in force.
func (e *Enforcer) Admit(ctx context.Context, pod string, addresses []netip.Addr) error {
	uid := types.UID(pod)
	ctx, cancel := context.WithTimeout(ctx, admitWait)
	defer cancel()
	err := wait.PollUntilContextCancel(ctx, 10*time.Millisecond, true, func(ctx context.Context) (bool, error) {
		e.mu.Lock()
		defer e.mu.Unlock()
		if e.now == nil || !slices.ContainsFunc(e.now().pods, func(p *v1.Pod) bool { return p.UID == uid }) {
			return false, nil
		}
		e.admitted[uid] = addresses
		return true, e.enforce(ctx, false)
	})
	if wait.Interrupted(err) {
		return fmt.Errorf("network policies are not known here yet, and a pod must not be connected before: %w", err)
	}
	return err
}

// Adopt makes the policies hold for a pod that an earlier process has connected with these
// addresses. Run has not begun.
func (e *Enforcer) Adopt(pod string, addresses []netip.Addr) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if uid := types.UID(pod); len(addresses) > 0 {
		e.admitted[uid] = append(e.admitted[uid], addresses...)
	}
}

// withAdmitted returns pods with the addresses that Admit was told. It forgets those that
// statuses show by now, and those of pods that have gone.
func (e *Enforcer) withAdmitted(pods []*v1.Pod) []*v1.Pod {
	if len(e.admitted) == 0 {
		return pods
	}
	all := slices.Clone(pods)
	found := map[types.UID]bool{}
	for i, p := range all {
		a, is := e.admitted[p.UID]
		if !is {
			continue
		}
		found[p.UID] = true
		p = p.DeepCopy()
		shown := addresses(p)
		missing := false
		for _, address := range a {
			if !slices.Contains(shown, address) {
				p.Status.PodIPs = append(p.Status.PodIPs, v1.PodIP{IP: address.String()})
				missing = true
			}
		}
		if all[i] = p; !missing {
			delete(e.admitted, p.UID)
		}
	}
	for uid := range e.admitted {
		if !found[uid] {
			delete(e.admitted, uid)
		}
	}
	return all
}
