package convert

import (
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

const (
	coreTemplate = `"template":{"metadata":{"labels":{"a":"b"},"annotations":{"x":"y"}},"spec":{"nodeSelector":{"e":"f"},"nodeName":"m",` + oneContainer + `}}`
	wireTemplate = `"podTemplate":{"labels":{"a":"b"},"annotations":{"x":"y"},"nodeSelector":{"e":"f"},"desiredState":{"host":"m","manifest":{` + shownManifest + `}}}`
)

func TestController(t *testing.T) {
	t.Parallel()
	both(t, ControllerFromCore, ControllerToCore, []example{{"full",
		`{"metadata":{"name":"rc","namespace":"n","labels":{"c":"d"}},"spec":{"replicas":3,"selector":{"a":"b"},` + coreTemplate + `}}`,
		`{"id":"rc","namespace":"n","labels":{"c":"d"},"desiredState":{"replicas":3,"replicaSelector":{"a":"b"},` + wireTemplate + `}}`}})
	shown(t, ControllerFromCore, []example{
		{"status", `{"metadata":{"name":"rc"},"status":{"replicas":2,"readyReplicas":1}}`, `{"id":"rc","currentState":{"replicas":2}}`},
		{"no template", `{"metadata":{"name":"rc"},"spec":{"replicas":1}}`, `{"id":"rc","desiredState":{"replicas":1}}`},
	})
	// An absent number of replicas is none, where core would make it 1.
	rc := ControllerToCore(&wire.ReplicationController{}, nil)
	if rc.Spec.Replicas == nil || *rc.Spec.Replicas != 0 {
		t.Errorf("replicas: %v, want 0", rc.Spec.Replicas)
	}
}

// Core gives a controller without labels those of its template. v1beta1 did not, and
// does not show them.
func TestControllerLabels(t *testing.T) {
	t.Parallel()
	const note = `"kubernetes-mesos/v1beta1-as-sent":"{\"noLabels\":true}"`
	const spec = `"spec":{"template":{"metadata":{"labels":{"a":"b"}}}}`
	const state = `"desiredState":{"podTemplate":{"labels":{"a":"b"},"desiredState":{"manifest":{}}}}`
	created(t, ControllerToCore, []example{{"without labels", `{"metadata":{"name":"rc","annotations":{` + note + `}},` + spec + `}`, `{"id":"rc",` + state + `}`}})
	shown(t, ControllerFromCore, []example{
		{"labels from core", `{"metadata":{"name":"rc","labels":{"a":"b"},"annotations":{` + note + `}},` + spec + `}`,
			`{"id":"rc","desiredState":{"podTemplate":{"labels":{"a":"b"},"desiredState":{"manifest":{"version":"v1beta2"}}}}}`},
		{"other labels since", `{"metadata":{"name":"rc","labels":{"c":"d"},"annotations":{` + note + `}},` + spec + `}`,
			`{"id":"rc","labels":{"c":"d"},"desiredState":{"podTemplate":{"labels":{"a":"b"},"desiredState":{"manifest":{"version":"v1beta2"}}}}}`},
	})
	updated(t, ControllerToCore, []update{
		{"core's labels stay", `{"metadata":{"name":"rc","labels":{"a":"b"},"annotations":{` + note + `}},` + spec + `}`,
			`{"id":"rc",` + state + `}`, `{"metadata":{"name":"rc","labels":{"a":"b"},"annotations":{` + note + `}},` + spec + `}`},
		{"the client's labels win", `{"metadata":{"name":"rc","labels":{"a":"b"},"annotations":{` + note + `}},` + spec + `}`,
			`{"id":"rc","labels":{"c":"d"},` + state + `}`, `{"metadata":{"name":"rc","labels":{"c":"d"}},` + spec + `}`},
	})
}

func TestControllerUpdates(t *testing.T) {
	t.Parallel()
	updated(t, ControllerToCore, []update{
		{"core's settings stay",
			`{"metadata":{"name":"rc","labels":{"c":"d"}},"spec":{"replicas":1,"minReadySeconds":5,"selector":{"a":"b"},"template":{"metadata":{"labels":{"a":"b"}},"spec":{` + oneContainer + `,"affinity":{"podAffinity":{}}}}},"status":{"replicas":1}}`,
			`{"id":"rc","labels":{"c":"d"},"desiredState":{"replicas":2,"replicaSelector":{"a":"b"},"podTemplate":{"labels":{"a":"b"},"desiredState":{"manifest":{` + oneContainer + `}}}},"currentState":{"replicas":9}}`,
			`{"metadata":{"name":"rc","labels":{"c":"d"}},"spec":{"replicas":2,"minReadySeconds":5,"selector":{"a":"b"},"template":{"metadata":{"labels":{"a":"b"}},"spec":{` + oneContainer + `,"affinity":{"podAffinity":{}}}}},"status":{"replicas":1}}`},
	})
	// The finer counts of the status do not exceed the number that a client has set.
	updated(t, ControllerStatusToCore, []update{
		{"fewer", `{"spec":{"replicas":5},"status":{"replicas":5,"fullyLabeledReplicas":5,"readyReplicas":4,"availableReplicas":1,"observedGeneration":7}}`,
			`{"desiredState":{"replicas":9},"currentState":{"replicas":2}}`,
			`{"spec":{"replicas":5},"status":{"replicas":2,"fullyLabeledReplicas":2,"readyReplicas":2,"availableReplicas":1,"observedGeneration":7}}`},
		{"more", `{"status":{"replicas":1,"readyReplicas":1}}`, `{"currentState":{"replicas":3}}`, `{"status":{"replicas":3,"readyReplicas":1}}`},
	})
}
