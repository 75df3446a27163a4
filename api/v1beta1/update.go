package v1beta1

import (
	"fmt"
	"net/http"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/convert"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/validate"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// put handles PUT of an object.
func (c *call) put() error {
	sent, err := c.sentFor()
	if err != nil {
		return err
	}
	stored, err := c.stored()
	if isNotFound(err) && c.creates && sent.GetMeta().ResourceVersion == 0 {
		return c.store(sent, http.StatusCreated)
	}
	if err != nil {
		return err
	}
	o, err := c.update(sent, stored)
	if err != nil {
		return err
	}
	c.answer(http.StatusOK, o)
	return nil
}

// sentFor reads the body of a call for one object, and refuses a body for another
// object.
func (c *call) sentFor() (wire.Object, error) {
	body, err := c.body()
	if err != nil {
		return nil, err
	}
	sent, err := c.object(body)
	if err != nil {
		return nil, err
	}
	return sent, c.sameObject(sent.GetMeta())
}

func (c *call) sameObject(m *wire.Meta) error {
	if m.ID != c.id {
		return badRequest("id: the body says %q and the path %q: make them equal", m.ID, c.id)
	}
	return c.sameNamespace(m)
}

// update changes the stored object to what was sent, and returns the result. The
// client must have seen the stored version.
func (c *call) update(sent wire.Object, stored runtime.Object) (runtime.Object, error) {
	c.fill(sent)
	old := c.show(stored)
	if err := c.updateCauses(sent, old); err != nil {
		return nil, err
	}
	changed := c.change(sent, stored)
	if pod, ok := changed.(*corev1.Pod); ok {
		if causes := podCauses(pod, stored.(*corev1.Pod)); len(causes) > 0 {
			return nil, invalid(c.updateInvalid, c.id, causes)
		}
	}
	if !c.statusByPut {
		return c.replace(changed, "")
	}
	result := stored
	if !equality.Semantic.DeepEqual(withoutStatus(changed), withoutStatus(stored)) {
		var err error
		if result, err = c.replace(changed, ""); err != nil {
			return nil, err
		}
	}
	return c.replaceStatus(sent, result)
}

// updateCauses checks the version first and then the content, except for services,
// whose content servers of the time checked before the version.
func (c *call) updateCauses(sent, old wire.Object) error {
	m, was := sent.GetMeta(), old.GetMeta()
	if service, ok := sent.(*wire.Service); ok {
		if causes := validate.ServiceUpdate(service, old.(*wire.Service)); len(causes) > 0 {
			return invalid(c.updateInvalid, c.id, append(causes, c.newCauses(sent, old)...))
		}
	}
	if m.ResourceVersion != was.ResourceVersion {
		return c.stale(m, was)
	}
	if causes := append(validate.Same(m, was), c.newCauses(sent, old)...); len(causes) > 0 {
		return invalid(c.updateInvalid, c.id, causes)
	}
	return nil
}

// newCauses returns the faults that this update introduces.
func (c *call) newCauses(sent, old wire.Object) validate.Causes {
	return c.check(sent).Without(c.check(old))
}

// stale returns the error for a client that has not seen the stored version.
func (c *call) stale(m, was *wire.Meta) error {
	return conflict(c.errorKind, c.id, fmt.Sprintf("resourceVersion: the object is at %d and the body at %d: fetch the object and change that",
		was.ResourceVersion, m.ResourceVersion))
}

// podCauses allows only changes of images.
func podCauses(changed, stored *corev1.Pod) validate.Causes {
	if len(changed.Spec.Containers) != len(stored.Spec.Containers) {
		return validate.PodSpec(false)
	}
	spec := changed.Spec.DeepCopy()
	for i := range spec.Containers {
		spec.Containers[i].Image = stored.Spec.Containers[i].Image
	}
	if !equality.Semantic.DeepEqual(spec, &stored.Spec) {
		return validate.PodSpec(true)
	}
	return nil
}

// replace sends a PUT of the object, or of a part of it, to core.
func (c *call) replace(o coreObject, part string) (runtime.Object, error) {
	o.GetObjectKind().SetGroupVersionKind(c.coreType())
	path := c.at(c.namespace, c.id)
	if part != "" {
		path += "/" + part
	}
	result, err := c.inner.do(c.r, http.MethodPut, path, c.timeout(), o)
	if err != nil {
		return nil, c.translate(err, true)
	}
	return result, nil
}

// replaceStatus writes the sent status if it differs: core has a separate path for it.
func (c *call) replaceStatus(sent wire.Object, stored runtime.Object) (runtime.Object, error) {
	m := sent.GetMeta()
	m.ResourceVersion = convert.VersionFromCore(stored.(coreObject).GetResourceVersion())
	changed := c.changeStatus(sent, stored)
	if equality.Semantic.DeepEqual(statusOf(changed), statusOf(stored)) {
		return stored, nil
	}
	return c.replace(changed, "status")
}

// withoutStatus returns a copy of an object without its status.
func withoutStatus(o runtime.Object) runtime.Object {
	o = o.DeepCopyObject()
	o.GetObjectKind().SetGroupVersionKind(schema.GroupVersionKind{})
	switch o := o.(type) {
	case *corev1.ReplicationController:
		o.Status = corev1.ReplicationControllerStatus{}
	case *corev1.Node:
		o.Status = corev1.NodeStatus{}
	}
	return o
}

func statusOf(o runtime.Object) any {
	switch o := o.(type) {
	case *corev1.ReplicationController:
		return o.Status
	case *corev1.Node:
		return o.Status
	}
	return nil
}
