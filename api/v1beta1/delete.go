package v1beta1

import (
	"net/http"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"

	"net/url"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// delete handles DELETE of an object. In v1beta1, the object is gone when the answer
// arrives, except for a namespace, which is removed when it is empty.
func (c *call) delete() error {
	if c.deleteBody {
		body, err := c.body()
		if err != nil {
			return err
		}
		if len(body) > 0 {
			if err := read(body, "DeleteOptions", &wire.DeleteOptions{}); err != nil {
				return err
			}
		}
	}
	deleted, err := c.deleteInner(c.at(c.namespace, c.id), c.deletion())
	if innerReason(err) == metav1.StatusReasonNotFound {
		return notFound(c.errorKind, c.id)
	}
	if err != nil {
		return c.translate(err, true)
	}
	if err := c.afterDelete(deleted); err != nil {
		return err
	}
	if !c.deletedObject {
		s := status(wire.Status{Status: wire.Success, Code: http.StatusOK})
		writeJSON(c.w, http.StatusOK, &s)
		return nil
	}
	if _, gone := deleted.(*metav1.Status); gone {
		if deleted, err = c.stored(); err != nil {
			return err
		}
	}
	if pod, ok := deleted.(*corev1.Pod); ok && len(pod.Finalizers) == 0 {
		pod.DeletionTimestamp = nil // the last stored version
	}
	c.answer(http.StatusOK, deleted)
	return nil
}

// deletion returns how core must delete: pods without a grace period (their
// containers still get theirs from the kubelet), and controllers without their
// pods.
func (c *call) deletion() *metav1.DeleteOptions {
	o := &metav1.DeleteOptions{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "DeleteOptions"}}
	switch c.kind.path {
	case "pods":
		now := int64(0)
		o.GracePeriodSeconds = &now
	case "replicationControllers":
		orphan := metav1.DeletePropagationOrphan
		o.PropagationPolicy = &orphan
	}
	return o
}

func (c *call) deleteInner(path string, o *metav1.DeleteOptions) (runtime.Object, error) {
	return c.inner.do(c.r, http.MethodDelete, path, c.timeout(), o)
}

// afterDelete does what core leaves to its controllers, which may not be running.
func (c *call) afterDelete(deleted runtime.Object) error {
	switch c.kind.path {
	case "services":
		_, err := c.deleteInner(c.kinds["endpoints"].at(c.namespace, c.id), c.deletion())
		if err != nil && innerReason(err) != metav1.StatusReasonNotFound {
			return c.translate(err, true)
		}
	case "replicationControllers":
		return c.orphan()
	}
	return nil
}

// orphan releases a deleted controller's pods, and then the controller, like the
// garbage collector, which may do so at the same time.
func (c *call) orphan() error {
	for try := 1; ; try++ {
		o, err := c.stored()
		if isNotFound(err) {
			return nil
		}
		if err != nil {
			return err
		}
		rc := o.(*corev1.ReplicationController)
		if rc.DeletionTimestamp == nil {
			return nil // a client has created it again
		}
		if err := c.disown(rc); err != nil {
			return err
		}
		rc.Finalizers = slices.DeleteFunc(rc.Finalizers, func(f string) bool { return f == metav1.FinalizerOrphanDependents })
		_, err = c.replace(rc, "")
		switch {
		case err == nil || isNotFound(err):
			return nil
		case !isReason(err, metav1.StatusReasonConflict) || try == patchTries:
			return err
		}
	}
}

// disown removes a controller's owner reference from its pods.
func (c *call) disown(rc *corev1.ReplicationController) error {
	pods := c.kinds["pods"]
	query := url.Values{"labelSelector": {labels.SelectorFromSet(rc.Spec.Selector).String()}}
	o, err := c.inner.do(c.r, http.MethodGet, pods.at(c.namespace), query, nil)
	if err != nil {
		return pods.translate(err, false)
	}
	list := o.(*corev1.PodList)
	for i := range list.Items {
		pod := &list.Items[i]
		kept := slices.DeleteFunc(slices.Clone(pod.OwnerReferences), func(r metav1.OwnerReference) bool { return r.UID == rc.UID })
		if len(kept) == len(pod.OwnerReferences) {
			continue
		}
		pod.OwnerReferences = kept
		pod.GetObjectKind().SetGroupVersionKind(pods.coreType())
		_, err := c.inner.do(c.r, http.MethodPut, pods.at(c.namespace, pod.Name), nil, pod)
		switch innerReason(err) {
		case "", metav1.StatusReasonNotFound, metav1.StatusReasonConflict:
			// Gone or changed: the next try sees which.
		default:
			return pods.translate(err, true)
		}
	}
	return nil
}
