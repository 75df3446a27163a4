package v1beta1

import (
	"net/http"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/backend"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/convert"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/validate"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// services is the kind Service.
type services struct{}

// describe: core refuses a taken name, too, but allocates an address first, and releases
// it with a warning event; so the name is checked first.
func (services) describe() description {
	return description{
		path: "services", core: "services", name: "Service", namespaced: true,
		errorKind: "service", createInvalid: "Service", updateInvalid: "service",
		quirks: quirks{nameCheckedFirst: true},
	}
}

func (services) decode(body []byte) (wire.Object, error) {
	s := &wire.Service{}
	return s, decodeObject(body, "Service", s)
}

func (services) setDefaults(o wire.Object) { o.(*wire.Service).Default() }

func (services) validate(o wire.Object) validate.Causes { return validate.Service(o.(*wire.Service)) }

// validateEarly: servers of the time checked a service's content before its version.
func (services) validateEarly(sent, stored wire.Object) validate.Causes {
	return validate.ServiceUpdate(sent.(*wire.Service), stored.(*wire.Service))
}

func (services) toCore(sent wire.Object, stored coreObject) coreObject {
	old, _ := stored.(*corev1.Service)
	return convert.ServiceToCore(sent.(*wire.Service), old)
}

func (services) fromCore(o coreObject) wire.Object {
	return convert.ServiceFromCore(o.(*corev1.Service))
}

// serviceFields maps core's fields to those of v1beta1. In a whole one, what follows the
// name is dropped.
var serviceFields = []struct {
	core, old string
	whole     bool
}{
	{core: "spec.clusterIP", old: "spec.portalIP", whole: true},
	{core: "spec.externalIPs", old: "spec.publicIPs", whole: true},
	{core: "spec.ports[0].targetPort", old: "spec.containerPort"},
	{core: "spec.ports[0].port", old: "spec.port"},
	{core: "spec.ports[0].protocol", old: "spec.protocol"},
}

func (services) oldField(core string) string {
	for _, f := range serviceFields {
		if rest, ok := strings.CutPrefix(core, f.core); ok {
			if f.whole {
				rest = ""
			}
			return f.old + rest
		}
	}
	return core
}

// completeDeletion deletes the service's endpoints.
func (k services) completeDeletion(c *call) error {
	others := c.core.of(endpoints{})
	_, err := others.do(http.MethodDelete, others.path(c.req.id), c.core.timeout, deleteOptions(k))
	if err != nil && backend.Reason(err) != metav1.StatusReasonNotFound {
		return c.core.translate(err, true)
	}
	return nil
}

// answering: the endpoints answer for a service, and must exist.
func (services) answering() kind { return endpoints{} }

func (services) address(o coreObject, port string) (string, error) {
	return endpointAddress(o.(*corev1.Endpoints), port)
}
