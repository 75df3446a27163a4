package framework

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/glog"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// ErrNoFramework means that there is nothing to tear down.
var ErrNoFramework = errors.New("no framework is on record: Mesos has nothing of ours to remove")

// TornDown is what a Teardown has done.
type TornDown struct {
	Framework string // its id, of no further use
	Tasks     int    // that were on record
	Pods      int    // that were bound, and are Failed or gone now
}

// Teardown has Mesos remove the framework on record with all its tasks and
// executors, fails the pods that were bound, and deletes the records, so that the
// next life begins as a new framework. Waiting pods go on waiting. It uses
// Client, Store, Mesos and Info of cfg; no Framework may run on them.
//
// After any interruption it may be called again to continue. It fails with
// ErrNoFramework, with the reason why Mesos refuses, or when ctx ends.
func Teardown(ctx context.Context, cfg Config) (TornDown, error) {
	stored, err := read(ctx, cfg.Store)
	if err != nil {
		return TornDown{}, err
	}
	if stored.framework == "" {
		return TornDown{}, ErrNoFramework
	}
	done := TornDown{Framework: stored.framework, Tasks: len(stored.tasks)}
	d := &demolition{mesos: cfg.Mesos, identity: &identity{info: cfg.Info.withDefaults(), id: stored.framework}, subscribed: make(chan struct{}, 1)}
	if err := d.run(ctx); err != nil {
		return done, fmt.Errorf("removing framework %s from Mesos: %w", stored.framework, err)
	}
	if done.Pods, err = failBound(ctx, cfg.Client); err != nil {
		return done, fmt.Errorf("Mesos has removed framework %s, but its pods are not all marked Failed: %w", stored.framework, err)
	}
	if err := forgetAll(ctx, cfg.Store); err != nil {
		return done, fmt.Errorf("Mesos has removed framework %s, but its records are still there: %w", stored.framework, err)
	}
	return done, nil
}

// demolition subscribes, as masters accept a TEARDOWN only from subscribers, and
// is over when a master says that it has removed the framework: that is its answer
// to the next subscription, whether it was this call, an earlier one or an
// operator.
type demolition struct {
	mesos      Mesos
	identity   *identity
	subscribed chan struct{}
}

// Event implements [mesos.SchedulerHandler].
func (d *demolition) Event(e *mesospb.SchedulerEvent) {
	if e.GetType() != mesospb.SchedulerEvent_SUBSCRIBED {
		return
	}
	select {
	case d.subscribed <- struct{}{}:
	default:
	}
}

// Disconnected implements [mesos.SchedulerHandler].
func (d *demolition) Disconnected(error) {}

func (d *demolition) run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel(nil)
	wg.Go(func() { cancel(d.send(ctx)) })
	err := d.mesos.Run(ctx, d.identity.frameworkInfo, d)
	switch {
	case errors.Is(err, mesos.ErrRemoved):
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return err
}

// send sends TEARDOWN with each subscription; it returns when a master refuses, or
// ctx ends. A call that is lost costs the subscription, and another follows.
func (d *demolition) send(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-d.subscribed:
		}
		err := d.mesos.Send(ctx, mesos.Teardown())
		if no := (*mesos.CallError)(nil); errors.As(err, &no) {
			return err
		}
		if err != nil {
			glog.Warningf("framework: %v", err)
		}
	}
}

// failBound fails every pod that a kubelet of ours had, and returns how many.
func failBound(ctx context.Context, client kubernetes.Interface) (int, error) {
	pods, err := client.CoreV1().Pods(metav1.NamespaceAll).List(ctx, metav1.ListOptions{})
	if err != nil {
		return 0, err
	}
	n := 0
	hands := make(chan struct{}, binders)
	var wg sync.WaitGroup
	for i := range pods.Items {
		p := &pods.Items[i]
		if !ours(p) || p.Spec.NodeName == "" {
			continue
		}
		n++
		hands <- struct{}{}
		wg.Go(func() {
			defer func() { <-hands }()
			failPod(ctx, wait, client, p, scheduler.Fail{PodUID: string(p.UID), Reason: "FrameworkTornDown", Message: "the framework was torn down, and Mesos killed its tasks"})
		})
	}
	wg.Wait()
	return n, context.Cause(ctx)
}

// forgetAll deletes the records, the framework's id last: until then everything
// can be repeated.
func forgetAll(ctx context.Context, s Store) error {
	all, err := s.Load(ctx)
	if err != nil {
		return err
	}
	changes := []Change{}
	for key := range all {
		if strings.HasPrefix(key, keyTasks) || strings.HasPrefix(key, keyAgents) {
			changes = append(changes, Change{Key: key})
		}
	}
	for batch := range slices.Chunk(append(changes, Change{Key: keyFramework}), MaxChanges) {
		if err := s.Commit(ctx, batch); err != nil {
			return err
		}
	}
	return nil
}
