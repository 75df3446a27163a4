package node

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"k8s.io/client-go/kubernetes"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/networkpolicy"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/podnetwork"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/serviceproxy"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/hostlock"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/noderoutes"
)

// prepare makes the network, with the pods that an earlier executor has connected, or has
// Docker connect pods if that fails: it is no reason to run none.
func (n *network) prepare(ctx context.Context, client kubernetes.Interface, r *runtime, waits func(string)) error {
	err := n.attempts(ctx, client, r, waits)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	n.noteAttempt(err)
	close(n.prepared)
	return nil
}

// firstPods is how long the first pods wait for a network that could not be made at once,
// for a reason that may pass.
const firstPods = 5 * time.Second

// attempts makes the network, repeatedly unless this host cannot have it: pods that Docker
// connects keep that.
func (n *network) attempts(ctx context.Context, client kubernetes.Interface, r *runtime, waits func(string)) error {
	began := time.Now()
	for {
		err := n.attempt(ctx, client, r, waits)
		if err == nil || errors.As(err, new(*hostProblem)) || err == n.refused || time.Since(began) > firstPods {
			return err
		}
		n.log.Error(err, "making the network; the next attempt follows", "within", askAgain)
		select {
		case <-time.After(askAgain):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// setup is the name by which problems show that there is no network at all.
const setup = "setup"

func (n *network) noteAttempt(err error) {
	if err != nil {
		instead := "pods of this node are connected by Docker alone, without services and network policies, and services of other nodes do not lead to them"
		if n.cni != nil {
			instead = "pods of this node are connected, but reach no services"
		}
		err = &hostProblem{reasonOf(setup, err), fmt.Errorf("%s: %w", instead, err)}
	}
	n.problems.set(setup, err)
}

// attempt makes the network unless this host cannot have it.
func (n *network) attempt(ctx context.Context, client kubernetes.Interface, r *runtime, waits func(string)) error {
	if n.refused != nil {
		return n.refused
	}
	if n.cni != nil {
		if err := errors.Join(checkRights(), checkNamespace(n.docker)); err != nil {
			return err
		}
		return n.makeCNI(ctx, client, r)
	}
	if err := n.checkHost(ctx); err != nil {
		return err
	}
	ranges, err := n.awaitRanges(ctx, client, waits)
	if err != nil {
		return err
	}
	n.problems.set("ranges", n.checkFamilies(ranges))
	boxes, err := r.awaitSandboxes(ctx, waits)
	if err != nil {
		return err
	}
	claim, err := n.locks.Acquire(ctx, claimLock) // so that two clusters do not start on the same range
	if err != nil {
		return err
	}
	defer claim.Release()
	if err := n.checkClaims(ctx); err != nil {
		return err
	}
	cluster, err := n.locks.Join(ctx, clusterMembers(n.framework))
	if err != nil {
		return err
	}
	member, err := n.locks.Join(ctx, hostlock.Members)
	if err != nil {
		return errors.Join(err, cluster.Release())
	}
	if err := n.make(ctx, client, ranges, boxes); err != nil {
		return errors.Join(err, cluster.Release(), member.Release())
	}
	n.cluster, n.member = cluster, member
	return nil
}

// claimLock is the lock that is held while an executor of any cluster looks which ranges are
// in use on a host, and takes its own.
const claimLock = "network-claim"

// make makes what must be there before the first pod, with the sandboxes that have addresses
// already. If it fails n is as before.
func (n *network) make(ctx context.Context, client kubernetes.Interface, ranges []netip.Prefix, boxes []sandbox) error {
	policies := networkpolicy.New(networkpolicy.Config{Client: client, Node: n.name, Owner: n.owner, Report: n.problems.of("policies")})
	config := podnetwork.Config{
		Ranges: ranges, Inside: n.pods, Owner: n.owner, MTU: n.mtu, Overhead: n.overhead(), Report: n.problems.of("pods"),
		Admit: func(ctx context.Context, p podnetwork.Pod) error { return policies.Admit(ctx, p.UID, p.Addresses) },
	}
	if n.parameters != nil {
		config.Set = n.parameters.Set
	}
	links, err := podnetwork.New(config)
	if err != nil {
		return err
	}
	n.config.Ranges = ranges
	routes, err := noderoutes.New(n.config)
	if err != nil {
		return err
	}
	proxy, err := serviceproxy.New(serviceproxy.Config{
		Client: client, Cluster: n.framework, Node: n.name, Addresses: n.addresses, Pods: n.pods, Services: n.service,
		Locks: n.locks, Report: n.problems.of("services"), Log: n.log.WithName("services"),
	})
	if err != nil {
		return err
	}
	if err := links.Prepare(ctx); err != nil {
		return err
	}
	for _, box := range boxes {
		links.Adopt(box.id, box.addresses)
		policies.Adopt(box.pod, box.addresses)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.links, n.routes, n.proxy, n.policies = links, routes, proxy, policies
	close(n.made)
	return nil
}
