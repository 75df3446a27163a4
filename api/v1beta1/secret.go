package v1beta1

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/convert"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/validate"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// secrets is the kind Secret.
type secrets struct{}

func (secrets) describe() description {
	return description{
		path: "secrets", core: "secrets", name: "Secret", namespaced: true,
		errorKind: "secrets", createInvalid: "secret", updateInvalid: "secret",
		quirks: quirks{namespaceConflict: true, uuidName: true},
	}
}

func (secrets) decode(body []byte) (wire.Object, error) {
	s := &wire.Secret{}
	return s, decodeObject(body, "Secret", s)
}

func (secrets) setDefaults(o wire.Object) { o.(*wire.Secret).Default() }

func (secrets) validate(o wire.Object) validate.Causes { return validate.Secret(o.(*wire.Secret)) }

func (secrets) toCore(sent wire.Object, stored coreObject) coreObject {
	old, _ := stored.(*corev1.Secret)
	return convert.SecretToCore(sent.(*wire.Secret), old)
}

func (secrets) fromCore(o coreObject) wire.Object { return convert.SecretFromCore(o.(*corev1.Secret)) }
