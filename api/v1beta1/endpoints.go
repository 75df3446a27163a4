package v1beta1

import (
	"math/rand/v2"
	"net"
	"strconv"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/convert"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/validate"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// endpoints is the kind Endpoints.
type endpoints struct{}

func (endpoints) describe() description {
	return description{
		path: "endpoints", core: "endpoints", name: "Endpoints", namespaced: true,
		errorKind: "endpoints", createInvalid: "Endpoints", updateInvalid: "Endpoints",
		quirks: quirks{putCreates: true, deleteReadsBody: true},
	}
}

func (endpoints) decode(body []byte) (wire.Object, error) {
	e := &wire.Endpoints{}
	return e, decodeObject(body, "Endpoints", e)
}

func (endpoints) setDefaults(wire.Object) {} // there are none

func (endpoints) validate(o wire.Object) validate.Causes {
	return validate.Endpoints(o.(*wire.Endpoints))
}

func (endpoints) toCore(sent wire.Object, stored coreObject) coreObject {
	old, _ := stored.(*corev1.Endpoints)
	return convert.EndpointsToCore(sent.(*wire.Endpoints), old)
}

func (endpoints) fromCore(o coreObject) wire.Object {
	return convert.EndpointsFromCore(o.(*corev1.Endpoints))
}

// endpointAddress returns one of a service's addresses at random. The port with this
// name is meant, or, without a name, the first.
func endpointAddress(e *corev1.Endpoints, portName string) (string, error) {
	var all []string
	for _, s := range e.Subsets {
		for i, p := range s.Ports {
			if portName != "" && p.Name != portName || portName == "" && i > 0 {
				continue
			}
			for _, a := range s.Addresses {
				all = append(all, net.JoinHostPort(a.IP, strconv.Itoa(int(p.Port))))
			}
		}
	}
	if len(all) == 0 {
		return "", unreachable("service %q has no ready pod", e.Name)
	}
	return all[rand.IntN(len(all))], nil
}
