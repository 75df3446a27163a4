package podwriter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/podspec"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Bind binds p to the node of its task. The binding's annotation is copied to the pod by
// the API server in the same operation; a pod that others have bound to that node gets the
// annotation, without which no kubelet runs it. done is told nil, also when the pod is
// bound there already, or an error that no repetition cures: the pod is gone, was replaced,
// runs elsewhere, or the binding is denied, see [Denied].
func (w *Writer) Bind(p *v1.Pod, t scheduler.Task, done func(error)) {
	w.start(&operation{what: "binding to node " + t.Node, pod: p, done: done, try: func(ctx context.Context) error {
		return w.bind(ctx, p, t)
	}})
}

func (w *Writer) bind(ctx context.Context, p *v1.Pod, t scheduler.Task) error {
	if podspec.Assigned(p) {
		return w.confirm(ctx, p, t)
	}
	err := w.client.CoreV1().Pods(p.Namespace).Bind(ctx, &v1.Binding{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: p.Namespace, Name: p.Name, UID: p.UID,
			Annotations: map[string]string{taskdata.AgentAnnotation: t.Agent},
		},
		Target: v1.ObjectReference{Kind: "Node", Name: t.Node},
	}, metav1.CreateOptions{})
	if apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) {
		return w.confirm(ctx, p, t)
	}
	if err == nil {
		w.tell(p, t)
	}
	return err
}

func (w *Writer) tell(p *v1.Pod, t scheduler.Task) {
	w.events.Event(p, v1.EventTypeNormal, "Scheduled", fmt.Sprintf("Successfully assigned %s to %s as Mesos task %s", name(p), t.Node, t.ID))
}

// confirm looks at a pod that seems to be bound, and names the agent on it if others have
// bound it to the node of its task.
func (w *Writer) confirm(ctx context.Context, p *v1.Pod, t scheduler.Task) error {
	now, err := w.client.CoreV1().Pods(p.Namespace).Get(ctx, p.Name, metav1.GetOptions{})
	switch {
	case err != nil:
		return err
	case now.UID != p.UID:
		return permanent{fmt.Errorf("pod %s is gone, another has its name", p.UID)}
	case now.Spec.NodeName == t.Node && taskdata.MeantFor(now.Annotations, t.Agent):
		return nil
	case podspec.Bound(now), now.Spec.NodeName != "" && now.Spec.NodeName != t.Node:
		return permanent{fmt.Errorf("pod is bound to node %s already", now.Spec.NodeName)}
	case now.DeletionTimestamp != nil:
		return permanent{errors.New("pod is being deleted")}
	case now.Spec.NodeName == "":
		return fmt.Errorf("pod %s has changed meanwhile", name(p))
	}
	if err := w.annotate(ctx, now, t.Agent); err != nil {
		return err
	}
	w.tell(p, t)
	return nil
}

// annotate names on a pod the agent that it is meant for, if the pod has not changed since
// it was looked at.
func (w *Writer) annotate(ctx context.Context, p *v1.Pod, agent string) error {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"uid": p.UID, "resourceVersion": p.ResourceVersion,
		"annotations": map[string]string{taskdata.AgentAnnotation: agent},
	}})
	if err != nil {
		return err
	}
	_, err = w.client.CoreV1().Pods(p.Namespace).Patch(ctx, p.Name, types.MergePatchType, patch, metav1.PatchOptions{})
	return err
}
