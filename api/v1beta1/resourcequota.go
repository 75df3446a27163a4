package v1beta1

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/convert"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/validate"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// resourceQuotas is the kind ResourceQuota.
type resourceQuotas struct{}

func (resourceQuotas) describe() description {
	return description{
		path: "resourceQuotas", core: "resourcequotas", name: "ResourceQuota", namespaced: true,
		errorKind: "resourcequotas", createInvalid: "ResourceQuota", updateInvalid: "ResourceQuota",
		quirks: quirks{deleteReadsBody: true, deleteAnswersObject: true},
	}
}

func (resourceQuotas) decode(body []byte) (wire.Object, error) {
	q := &wire.ResourceQuota{}
	return q, decodeObject(body, "ResourceQuota", q)
}

func (resourceQuotas) setDefaults(wire.Object) {} // there are none

func (resourceQuotas) validate(o wire.Object) validate.Causes {
	return validate.Quota(o.(*wire.ResourceQuota))
}

func (resourceQuotas) toCore(sent wire.Object, stored coreObject) coreObject {
	old, _ := stored.(*corev1.ResourceQuota)
	return convert.QuotaToCore(sent.(*wire.ResourceQuota), old)
}

func (resourceQuotas) fromCore(o coreObject) wire.Object {
	return convert.QuotaFromCore(o.(*corev1.ResourceQuota))
}

func (resourceQuotas) statusToCore(sent wire.Object, stored coreObject) coreObject {
	return convert.QuotaStatusToCore(sent.(*wire.ResourceQuota), stored.(*corev1.ResourceQuota))
}
