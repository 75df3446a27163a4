package v1beta1

import (
	"net/http"
	"net/url"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/backend"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/convert"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/validate"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// replicationControllers is the kind ReplicationController.
type replicationControllers struct{ rules validate.Rules }

func (replicationControllers) describe() description {
	return description{
		path: "replicationControllers", core: "replicationcontrollers", name: "ReplicationController", namespaced: true,
		errorKind: "replicationControllers", createInvalid: "ReplicationController", updateInvalid: "ReplicationController",
		quirks: quirks{deleteReadsBody: true},
	}
}

func (replicationControllers) decode(body []byte) (wire.Object, error) {
	rc := &wire.ReplicationController{}
	return rc, decodeObject(body, "ReplicationController", rc)
}

func (replicationControllers) setDefaults(o wire.Object) { o.(*wire.ReplicationController).Default() }

func (k replicationControllers) validate(o wire.Object) validate.Causes {
	return k.rules.Controller(o.(*wire.ReplicationController))
}

func (replicationControllers) toCore(sent wire.Object, stored coreObject) coreObject {
	old, _ := stored.(*corev1.ReplicationController)
	return convert.ControllerToCore(sent.(*wire.ReplicationController), old)
}

func (replicationControllers) fromCore(o coreObject) wire.Object {
	return convert.ControllerFromCore(o.(*corev1.ReplicationController))
}

func (replicationControllers) coreField(name, value string) (string, string, bool) {
	switch name {
	case "name":
		return "metadata.name", value, true
	case "currentState.replicas":
		return "status.replicas", value, true
	}
	return "", "", false
}

func (replicationControllers) statusToCore(sent wire.Object, stored coreObject) coreObject {
	return convert.ControllerStatusToCore(sent.(*wire.ReplicationController), stored.(*corev1.ReplicationController))
}

func (replicationControllers) splitStatus(o coreObject) (coreObject, any) {
	rest := o.(*corev1.ReplicationController).DeepCopy()
	status := rest.Status
	rest.Status = corev1.ReplicationControllerStatus{}
	return rest, status
}

func (replicationControllers) endsAtOnce(o runtime.Object) bool {
	rc, ok := o.(*corev1.ReplicationController)
	return ok && rc.DeletionTimestamp != nil
}

// deletion leaves the pods.
func (replicationControllers) deletion() *metav1.DeleteOptions {
	orphan := metav1.DeletePropagationOrphan
	return &metav1.DeleteOptions{PropagationPolicy: &orphan}
}

// completeDeletion releases a deleted controller's pods, and then the controller, like
// the garbage collector, which may do so at the same time.
func (replicationControllers) completeDeletion(c *call) error {
	for try := 1; ; try++ {
		o, err := c.core.get(c.req.id)
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
		if err := releasePods(c.core.of(pods{}), rc); err != nil {
			return err
		}
		rc.Finalizers = slices.DeleteFunc(rc.Finalizers, func(f string) bool { return f == metav1.FinalizerOrphanDependents })
		_, err = c.core.replace(c.req.id, rc)
		switch {
		case err == nil || isNotFound(err):
			return nil
		case !isConflict(err) || try == updateTries:
			return err
		}
	}
}

// releasePods removes a controller's owner reference from its pods.
func releasePods(pods collection, rc *corev1.ReplicationController) error {
	o, err := pods.list(url.Values{"labelSelector": {labels.SelectorFromSet(rc.Spec.Selector).String()}})
	if err != nil {
		return err
	}
	list, ok := o.(*corev1.PodList)
	if !ok {
		return unexpected(o)
	}
	for i := range list.Items {
		pod := &list.Items[i]
		kept := slices.DeleteFunc(slices.Clone(pod.OwnerReferences), func(r metav1.OwnerReference) bool { return r.UID == rc.UID })
		if len(kept) == len(pod.OwnerReferences) {
			continue
		}
		pod.OwnerReferences = kept
		pod.GetObjectKind().SetGroupVersionKind(pods.names.coreType())
		_, err := pods.do(http.MethodPut, pods.path(pod.Name), nil, pod)
		switch backend.Reason(err) {
		case metav1.StatusReasonNotFound, metav1.StatusReasonConflict:
			// Gone or changed: the next try sees which.
		default:
			if err != nil {
				return pods.translate(err, true)
			}
		}
	}
	return nil
}
