package v1beta1

import (
	"net/http"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/convert"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/validate"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// putStatus handles PUT of an object's status: the rest of the body is ignored.
func (c *call) putStatus() error {
	return c.putPart("status", func(sent wire.Object, stored runtime.Object) (coreObject, error) {
		if pod, ok := sent.(*wire.Pod); ok {
			was := stored.(*corev1.Pod).Spec.NodeName
			if host := pod.CurrentState.Host; host != "" && host != was {
				return nil, invalid(c.updateInvalid, c.id, validate.Host(host))
			}
		}
		return c.changeStatus(sent, stored), nil
	})
}

// putFinalize handles PUT of a namespace's finalizers.
func (c *call) putFinalize() error {
	return c.putPart("finalize", func(sent wire.Object, stored runtime.Object) (coreObject, error) {
		out := stored.DeepCopyObject().(*corev1.Namespace)
		out.Spec.Finalizers = convert.NamespaceToCore(sent.(*wire.Namespace), out).Spec.Finalizers
		return out, nil
	})
}

// putPart handles PUT of a part of an object.
func (c *call) putPart(part string, change func(wire.Object, runtime.Object) (coreObject, error)) error {
	sent, err := c.sentFor()
	if err != nil {
		return err
	}
	stored, err := c.stored()
	if err != nil {
		return err
	}
	m, was := sent.GetMeta(), c.show(stored).GetMeta()
	if m.ResourceVersion != was.ResourceVersion {
		return c.stale(m, was)
	}
	if causes := validate.Same(m, was); len(causes) > 0 {
		return invalid(c.updateInvalid, c.id, causes)
	}
	changed, err := change(sent, stored)
	if err != nil {
		return err
	}
	result, err := c.replace(changed, part)
	if err != nil {
		return err
	}
	c.answer(http.StatusOK, result)
	return nil
}
