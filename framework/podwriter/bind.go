package podwriter

import (
	"context"
	"fmt"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Bind binds p to the node of its task. The binding's annotation is copied to the pod by
// the API server in the same operation. done is told nil, also when the pod is bound
// there already, or an error that no repetition cures: the pod is gone, was replaced,
// runs elsewhere, or the binding is denied, see [Denied].
func (w *Writer) Bind(p *v1.Pod, t scheduler.Task, done func(error)) {
	w.start(&operation{what: "binding to node " + t.Node, pod: p, done: done, try: func(ctx context.Context) error {
		return w.bind(ctx, p, t)
	}})
}

func (w *Writer) bind(ctx context.Context, p *v1.Pod, t scheduler.Task) error {
	err := w.client.CoreV1().Pods(p.Namespace).Bind(ctx, &v1.Binding{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: p.Namespace, Name: p.Name, UID: p.UID,
			Annotations: map[string]string{taskdata.AgentAnnotation: t.Agent},
		},
		Target: v1.ObjectReference{Kind: "Node", Name: t.Node},
	}, metav1.CreateOptions{})
	if apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) {
		return w.resolve(ctx, p, t, err)
	}
	if err == nil {
		w.events.Event(p, v1.EventTypeNormal, "Scheduled", fmt.Sprintf("Assigned %s to %s as Mesos task %s", name(p), t.Node, t.ID))
	}
	return err
}

// resolve looks at the pod after a binding that conflicted with its state.
func (w *Writer) resolve(ctx context.Context, p *v1.Pod, t scheduler.Task, conflict error) error {
	now, err := w.client.CoreV1().Pods(p.Namespace).Get(ctx, p.Name, metav1.GetOptions{})
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
