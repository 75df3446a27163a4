package v1beta1

import (
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/convert"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/validate"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// events is the kind Event.
type events struct{}

func (events) describe() description {
	return description{
		path: "events", core: "events", name: "Event", namespaced: true,
		errorKind: "events", createInvalid: "event", updateInvalid: "event",
		quirks: quirks{namespaceConflict: true, putCreates: true},
	}
}

func (events) decode(body []byte) (wire.Object, error) {
	e := &wire.Event{}
	return e, decodeObject(body, "Event", e)
}

func (events) setDefaults(o wire.Object) { o.(*wire.Event).Default() }

func (events) validate(o wire.Object) validate.Causes { return validate.Event(o.(*wire.Event)) }

func (events) toCore(sent wire.Object, stored coreObject) coreObject {
	old, _ := stored.(*corev1.Event)
	return convert.EventToCore(sent.(*wire.Event), old)
}

func (events) fromCore(o coreObject) wire.Object { return convert.EventFromCore(o.(*corev1.Event)) }

// coreField selects by the involved object, whose name has two names.
func (events) coreField(name, value string) (string, string, bool) {
	switch name {
	case "involvedObject.id":
		return "involvedObject.name", value, true
	case "reason", "source":
		return name, value, true
	}
	switch member, _ := strings.CutPrefix(name, "involvedObject."); member {
	case "kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath":
		return "involvedObject." + member, value, name != member
	}
	return "", "", false
}
