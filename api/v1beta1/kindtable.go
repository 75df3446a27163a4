package v1beta1

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/convert"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/validate"
)

// allKinds returns the table of kinds. The spellings of errorKind and of the
// invalid kinds are those of 0.14.
func allKinds(r validate.Rules) []*kind {
	return []*kind{
		{
			path: "pods", core: "pods", name: "Pod", listName: "PodList", namespaced: true, proxied: true,
			errorKind: "pods", createInvalid: "Pod", updateInvalid: "Pod",
			deletedObject: true, deleteBody: true, deletedQuietly: true,
			fields: map[string]string{
				"name": "metadata.name", "DesiredState.Host": "spec.nodeName", "DesiredState.Status": "status.phase",
			},
			ops: podOps(r),
		},
		{
			path: "replicationControllers", core: "replicationcontrollers",
			name: "ReplicationController", listName: "ReplicationControllerList", namespaced: true,
			errorKind: "replicationControllers", createInvalid: "ReplicationController", updateInvalid: "ReplicationController",
			deleteBody: true, deletedQuietly: true, statusByPut: true,
			fields: map[string]string{"name": "metadata.name", "currentState.replicas": "status.replicas"},
			ops:    controllerOps(r),
		},
		{
			path: "services", core: "services", name: "Service", listName: "ServiceList", namespaced: true, proxied: true,
			errorKind: "service", createInvalid: "Service", updateInvalid: "service",
			askFirst: true,
			coreFields: []fieldName{
				{core: "spec.clusterIP", old: "spec.portalIP", whole: true},
				{core: "spec.externalIPs", old: "spec.publicIPs", whole: true},
				{core: "spec.ports[0].targetPort", old: "spec.containerPort"},
				{core: "spec.ports[0].port", old: "spec.port"},
				{core: "spec.ports[0].protocol", old: "spec.protocol"},
			},
			ops: opsOf(convert.ServiceFromCore, convert.ServiceToCore,
				func(l *corev1.ServiceList) []corev1.Service { return l.Items }, r.Service),
		},
		{
			path: "endpoints", core: "endpoints", name: "Endpoints", listName: "EndpointsList", namespaced: true,
			errorKind: "endpoints", createInvalid: "Endpoints", updateInvalid: "Endpoints",
			creates: true, deleteBody: true,
			ops: opsOf(convert.EndpointsFromCore, convert.EndpointsToCore,
				func(l *corev1.EndpointsList) []corev1.Endpoints { return l.Items }, r.Endpoints),
		},
		{
			path: "minions", core: "nodes", name: "Minion", listName: "MinionList", proxied: true,
			errorKind: "minion", createInvalid: "Node", updateInvalid: "Node", deleteBody: true, statusByPut: true,
			ops: minionOps(r),
		},
		{
			path: "events", core: "events", name: "Event", listName: "EventList", namespaced: true,
			errorKind: "events", createInvalid: "event", updateInvalid: "event",
			namespaceConflict: true, creates: true,
			fields: map[string]string{
				"involvedObject.kind": "involvedObject.kind", "involvedObject.namespace": "involvedObject.namespace",
				"involvedObject.id": "involvedObject.name", "involvedObject.name": "involvedObject.name",
				"involvedObject.uid": "involvedObject.uid", "involvedObject.apiVersion": "involvedObject.apiVersion",
				"involvedObject.resourceVersion": "involvedObject.resourceVersion",
				"involvedObject.fieldPath":       "involvedObject.fieldPath",
				"reason":                         "reason", "source": "source",
			},
			ops: opsOf(convert.EventFromCore, convert.EventToCore,
				func(l *corev1.EventList) []corev1.Event { return l.Items }, r.Event),
		},
		{
			path: "namespaces", core: "namespaces", name: "Namespace", listName: "NamespaceList",
			errorKind: "namespaces", createInvalid: "Namespace", updateInvalid: "Namespace",
			deletedObject: true, deleteBody: true,
			fields: map[string]string{"status.phase": "status.phase"},
			ops:    namespaceOps(r),
		},
		{
			path: "secrets", core: "secrets", name: "Secret", listName: "SecretList", namespaced: true,
			errorKind: "secrets", createInvalid: "secret", updateInvalid: "secret",
			namespaceConflict: true, uuidName: true,
			ops: opsOf(convert.SecretFromCore, convert.SecretToCore,
				func(l *corev1.SecretList) []corev1.Secret { return l.Items }, r.Secret),
		},
		{
			path: "limitRanges", core: "limitranges", name: "LimitRange", listName: "LimitRangeList", namespaced: true,
			errorKind: "limitranges", createInvalid: "limitRange", updateInvalid: "limitRange",
			namespaceConflict: true, uuidName: true,
			ops: opsOf(convert.LimitRangeFromCore, convert.LimitRangeToCore,
				func(l *corev1.LimitRangeList) []corev1.LimitRange { return l.Items }, r.LimitRange),
		},
		{
			path: "resourceQuotas", core: "resourcequotas", name: "ResourceQuota", listName: "ResourceQuotaList", namespaced: true,
			errorKind: "resourcequotas", createInvalid: "ResourceQuota", updateInvalid: "ResourceQuota",
			deletedObject: true, deleteBody: true,
			ops: quotaOps(r),
		},
	}
}
