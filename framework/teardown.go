package framework

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/go-logr/logr"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/podspec"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/podwriter"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/records"
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
	stored, err := records.Read(ctx, cfg.Store)
	if err != nil {
		return TornDown{}, err
	}
	if stored.Framework == "" {
		return TornDown{}, ErrNoFramework
	}
	done := TornDown{Framework: stored.Framework, Tasks: len(stored.Tasks)}
	t := &teardown{mesos: cfg.Mesos, log: cfg.Log, identity: &identity{info: cfg.Info.withDefaults(), id: stored.Framework}, subscribed: make(chan struct{}, 1)}
	if err := t.run(ctx); err != nil {
		return done, fmt.Errorf("removing framework %s from Mesos: %w", stored.Framework, err)
	}
	if done.Pods, err = failBound(ctx, cfg.Client, cfg.Log); err != nil {
		return done, fmt.Errorf("Mesos has removed framework %s, but its pods are not all marked Failed: %w", stored.Framework, err)
	}
	if err := records.DeleteAll(ctx, cfg.Store); err != nil {
		return done, fmt.Errorf("Mesos has removed framework %s, but its records are still there: %w", stored.Framework, err)
	}
	return done, nil
}

// teardown subscribes, as masters accept a TEARDOWN only from subscribers, and
// is over when a master says that it has removed the framework: that is its answer
// to the next subscription, whether it was this call, an earlier one or an
// operator.
type teardown struct {
	log        logr.Logger
	mesos      Mesos
	identity   *identity
	subscribed chan struct{}
}

// Event implements [mesos.SchedulerHandler].
func (t *teardown) Event(e *mesospb.SchedulerEvent) {
	if e.GetType() != mesospb.SchedulerEvent_SUBSCRIBED {
		return
	}
	select {
	case t.subscribed <- struct{}{}:
	default:
	}
}

// Disconnected implements [mesos.SchedulerHandler].
func (t *teardown) Disconnected(error) {}

func (t *teardown) run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel(nil)
	wg.Go(func() { cancel(t.send(ctx)) })
	err := t.mesos.Run(ctx, t.identity.frameworkInfo, t)
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
func (t *teardown) send(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-t.subscribed:
		}
		err := t.mesos.Send(ctx, mesos.Teardown())
		if no := (*mesos.CallError)(nil); errors.As(err, &no) {
			return err
		}
		if err != nil {
			t.log.Info("a teardown was not sent and will be repeated", "reason", err)
		}
	}
}

// failBound fails every pod that a kubelet of ours had, and returns how many.
func failBound(ctx context.Context, client kubernetes.Interface, log logr.Logger) (int, error) {
	pods, err := client.CoreV1().Pods(metav1.NamespaceAll).List(ctx, metav1.ListOptions{})
	if err != nil {
		return 0, err
	}
	w := podwriter.NewWriter(client, nil, log) // no events: failing a pod writes none
	running, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	wg.Go(func() { w.Run(running) })

	n, failed := 0, make(chan struct{}, len(pods.Items))
	for i := range pods.Items {
		if p := &pods.Items[i]; podspec.DefaultSchedulers().Ours(p) && podspec.Bound(p) {
			n++
			w.Fail(p, scheduler.Fail{PodUID: string(p.UID), Reason: "FrameworkTornDown", Message: "the framework was torn down, and Mesos killed its tasks"}, func() { failed <- struct{}{} })
		}
	}
	for range n {
		select {
		case <-failed:
		case <-ctx.Done():
			return n, context.Cause(ctx)
		}
	}
	return n, nil
}
