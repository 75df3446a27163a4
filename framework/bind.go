package framework

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/glog"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// binder binds pods to the nodes where their tasks are starting. The binding's
// annotation is copied to the pod by the API server in the same operation.
type binder struct {
	client   kubernetes.Interface
	recorder *recorder
}

// bind binds p to the task's node. A pod already bound there counts as success; an
// error is permanent: the pod is gone, was replaced, runs elsewhere, or the binding
// is denied. Transient errors are retried until ctx ends.
func (b *binder) bind(ctx context.Context, rest pause, p *v1.Pod, t scheduler.Task) error {
	binding := &v1.Binding{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: p.Namespace, Name: p.Name, UID: p.UID,
			Annotations: map[string]string{taskdata.AgentAnnotation: t.Agent},
		},
		Target: v1.ObjectReference{Kind: "Node", Name: t.Node},
	}
	return persist(ctx, rest, "binding pod "+p.Namespace+"/"+p.Name, func(ctx context.Context) error {
		err := b.client.CoreV1().Pods(p.Namespace).Bind(ctx, binding, metav1.CreateOptions{})
		if apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) {
			return b.settle(ctx, p, t, err)
		}
		if err == nil {
			b.recorder.event(p, v1.EventTypeNormal, "Scheduled", fmt.Sprintf("Assigned %s/%s to %s as Mesos task %s", p.Namespace, p.Name, t.Node, t.ID))
		}
		return err
	})
}

// settle looks at the pod after a binding that conflicted with its state.
func (b *binder) settle(ctx context.Context, p *v1.Pod, t scheduler.Task, conflict error) error {
	now, err := b.client.CoreV1().Pods(p.Namespace).Get(ctx, p.Name, metav1.GetOptions{})
	switch {
	case err != nil:
		return err
	case now.UID != p.UID:
		return permanent{fmt.Errorf("pod %s is gone, another has its name", p.UID)}
	case now.Spec.NodeName == t.Node && taskdata.MeantFor(now.Annotations, t.Agent):
		return nil
	case now.Spec.NodeName != "":
		return permanent{fmt.Errorf("pod is bound to node %s already", now.Spec.NodeName)}
	case now.DeletionTimestamp != nil:
		return permanent{fmt.Errorf("pod is being deleted: %w", conflict)}
	}
	return conflict
}

// permanent marks an error that a retry cannot cure.
type permanent struct{ error }

// longestPause bounds the time between two attempts at what keeps failing.
const longestPause = 30 * time.Second

// persist repeats a request to the API server until it succeeds, fails
// permanently or ctx ends. It calls rest to wait between attempts.
func persist(ctx context.Context, rest pause, what string, do func(context.Context) error) error {
	for delay := 50 * time.Millisecond; ; delay = min(2*delay, longestPause) {
		bounded, cancel := context.WithTimeout(ctx, 30*time.Second)
		err := do(bounded)
		cancel()
		if err == nil {
			return nil
		}
		if p := (permanent{}); errors.As(err, &p) {
			return p.error
		}
		if hopeless(err) {
			return err
		}
		glog.Warningf("framework: %s, will be repeated: %v", what, err)
		if !rest(ctx, delay) {
			return err
		}
	}
}

// denied reports whether the API server does not allow a binding now, as a
// webhook or a quota may: another one may be allowed later.
func denied(err error) bool {
	return apierrors.IsForbidden(err) || apierrors.IsInvalid(err) || apierrors.IsBadRequest(err)
}

// hopeless reports whether the API server understood a request and will never grant it.
func hopeless(err error) bool {
	return apierrors.IsNotFound(err) || apierrors.IsInvalid(err) || apierrors.IsBadRequest(err) ||
		apierrors.IsForbidden(err) || apierrors.IsMethodNotSupported(err) || apierrors.IsGone(err)
}
