package v1beta1

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/convert"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/validate"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// limitRanges is the kind LimitRange.
type limitRanges struct{}

func (limitRanges) describe() description {
	return description{
		path: "limitRanges", core: "limitranges", name: "LimitRange", namespaced: true,
		errorKind: "limitranges", createInvalid: "limitRange", updateInvalid: "limitRange",
		quirks: quirks{namespaceConflict: true, uuidName: true},
	}
}

func (limitRanges) decode(body []byte) (wire.Object, error) {
	l := &wire.LimitRange{}
	return l, decodeObject(body, "LimitRange", l)
}

func (limitRanges) setDefaults(wire.Object) {} // there are none

func (limitRanges) validate(o wire.Object) validate.Causes {
	return validate.LimitRange(o.(*wire.LimitRange))
}

func (limitRanges) toCore(sent wire.Object, stored coreObject) coreObject {
	old, _ := stored.(*corev1.LimitRange)
	return convert.LimitRangeToCore(sent.(*wire.LimitRange), old)
}

func (limitRanges) fromCore(o coreObject) wire.Object {
	return convert.LimitRangeFromCore(o.(*corev1.LimitRange))
}
