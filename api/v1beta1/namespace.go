package v1beta1

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/convert"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/validate"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// namespaces is the kind Namespace. A deleted one is removed when it is empty.
type namespaces struct{}

func (namespaces) describe() description {
	return description{
		path: "namespaces", core: "namespaces", name: "Namespace",
		errorKind: "namespaces", createInvalid: "Namespace", updateInvalid: "Namespace",
		quirks: quirks{deleteReadsBody: true, deleteAnswersObject: true},
	}
}

func (namespaces) decode(body []byte) (wire.Object, error) {
	n := &wire.Namespace{}
	return n, decodeObject(body, "Namespace", n)
}

func (namespaces) setDefaults(wire.Object) {} // there are none

func (namespaces) validate(o wire.Object) validate.Causes {
	return validate.Namespace(o.(*wire.Namespace))
}

func (namespaces) toCore(sent wire.Object, stored coreObject) coreObject {
	old, _ := stored.(*corev1.Namespace)
	return convert.NamespaceToCore(sent.(*wire.Namespace), old)
}

func (namespaces) fromCore(o coreObject) wire.Object {
	return convert.NamespaceFromCore(o.(*corev1.Namespace))
}

func (namespaces) coreField(name, value string) (string, string, bool) {
	return "status.phase", value, name == "status.phase"
}

func (namespaces) statusToCore(sent wire.Object, stored coreObject) coreObject {
	return convert.NamespaceStatusToCore(sent.(*wire.Namespace), stored.(*corev1.Namespace))
}

// finalizersToCore returns stored with the finalizers that were sent.
func (namespaces) finalizersToCore(sent wire.Object, stored coreObject) coreObject {
	out := stored.(*corev1.Namespace).DeepCopy()
	out.Spec.Finalizers = convert.NamespaceToCore(sent.(*wire.Namespace), out).Spec.Finalizers
	return out
}
