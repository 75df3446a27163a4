package v1beta1

import (
	"net"
	"strconv"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/convert"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/validate"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// minions is the kind Minion, which core calls Node.
type minions struct{}

func (minions) describe() description {
	return description{
		path: "minions", core: "nodes", name: "Minion",
		errorKind: "minion", createInvalid: "Node", updateInvalid: "Node",
		quirks: quirks{deleteReadsBody: true},
	}
}

func (minions) decode(body []byte) (wire.Object, error) {
	m := &wire.Minion{}
	return m, decodeObject(body, "Minion", m)
}

func (minions) setDefaults(o wire.Object) { o.(*wire.Minion).Default() }

func (minions) validate(o wire.Object) validate.Causes { return validate.Minion(o.(*wire.Minion)) }

func (minions) toCore(sent wire.Object, stored coreObject) coreObject {
	old, _ := stored.(*corev1.Node)
	return convert.MinionToCore(sent.(*wire.Minion), old)
}

func (minions) fromCore(o coreObject) wire.Object { return convert.MinionFromCore(o.(*corev1.Node)) }

// wrapList writes the items under both names.
func (minions) wrapList(l *wire.List) any {
	return &wire.MinionList{Meta: l.Meta, Minions: l.Items, Items: l.Items}
}

func (k minions) statusToCore(sent wire.Object, stored coreObject) coreObject {
	return k.toCore(sent, stored)
}

func (minions) splitStatus(o coreObject) (coreObject, any) {
	rest := o.(*corev1.Node).DeepCopy()
	status := rest.Status
	rest.Status = corev1.NodeStatus{}
	return rest, status
}

func (k minions) answering() kind { return k }

// kubeletPort is the port of a minion's kubelet.
const kubeletPort = 10250

func (minions) address(o coreObject, port string) (string, error) {
	if port == "" {
		port = strconv.Itoa(kubeletPort)
	}
	return net.JoinHostPort(o.GetName(), port), nil
}
