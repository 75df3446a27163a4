package convert

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

func TestNamespace(t *testing.T) {
	t.Parallel()
	both(t, NamespaceFromCore, NamespaceToCore, []example{{"full",
		`{"metadata":{"name":"n","labels":{"a":"b"}},"spec":{"finalizers":["kubernetes","x/y"]}}`,
		`{"id":"n","labels":{"a":"b"},"spec":{"finalizers":["kubernetes","x/y"]}}`}})
	shown(t, NamespaceFromCore, []example{
		{"core's own label is hidden", `{"metadata":{"name":"n","labels":{"kubernetes.io/metadata.name":"n","a":"b"}},"status":{"phase":"Active"}}`, `{"id":"n","labels":{"a":"b"},"status":{"phase":"Active"}}`},
		{"a label that only looks like it is not", `{"metadata":{"name":"n","labels":{"kubernetes.io/metadata.name":"m"}}}`, `{"id":"n","labels":{"kubernetes.io/metadata.name":"m"}}`},
	})
	updated(t, NamespaceToCore, []update{
		{"core's own label stays",
			`{"metadata":{"name":"n","labels":{"kubernetes.io/metadata.name":"n","a":"b"}},"status":{"phase":"Active"}}`, `{"id":"n","status":{"phase":"Terminating"}}`,
			`{"metadata":{"name":"n","labels":{"kubernetes.io/metadata.name":"n"}},"status":{"phase":"Active"}}`},
		{"finalizers are removed", `{"spec":{"finalizers":["kubernetes"]}}`, `{}`, `{}`},
	})
	updated(t, NamespaceStatusToCore, []update{{"only the phase",
		`{"metadata":{"name":"n"},"spec":{"finalizers":["kubernetes"]},"status":{"phase":"Active","conditions":[{"type":"x","status":"True"}]}}`,
		`{"id":"m","status":{"phase":"Terminating"}}`,
		`{"metadata":{"name":"n"},"spec":{"finalizers":["kubernetes"]},"status":{"phase":"Terminating","conditions":[{"type":"x","status":"True"}]}}`}})
}

func TestSecret(t *testing.T) {
	t.Parallel()
	both(t, SecretFromCore, SecretToCore, []example{{"full",
		`{"metadata":{"name":"s"},"data":{"a":"YQ==","b":"YmI="},"type":"Opaque"}`,
		`{"id":"s","data":{"a":"YQ==","b":"YmI="},"type":"Opaque"}`}})
	updated(t, SecretToCore, []update{
		{"values are replaced", `{"data":{"a":"YQ=="},"immutable":true}`, `{"data":{"b":"Yg=="}}`, `{"data":{"b":"Yg=="},"immutable":true}`},
		{"values are removed", `{"data":{"a":"YQ=="}}`, `{}`, `{}`},
	})
}

func TestLimitRange(t *testing.T) {
	t.Parallel()
	both(t, LimitRangeFromCore, LimitRangeToCore, []example{{"full",
		`{"metadata":{"name":"l"},"spec":{"limits":[{"type":"Pod","max":{"cpu":"2","memory":"1Ki"},"min":{"cpu":"100m"}},{"type":"Container","default":{"cpu":"250m"}}]}}`,
		`{"id":"l","spec":{"limits":[{"type":"Pod","max":{"cpu":"2","memory":1024},"min":{"cpu":"0.1"}},{"type":"Container","default":{"cpu":"0.25"}}]}}`}})
	updated(t, LimitRangeToCore, []update{{"default requests stay with their type",
		`{"spec":{"limits":[{"type":"Pod","max":{"cpu":"2"}},{"type":"Container","defaultRequest":{"cpu":"1"}}]}}`,
		`{"spec":{"limits":[{"type":"Container","default":{"cpu":"3"}}]}}`,
		`{"spec":{"limits":[{"type":"Container","default":{"cpu":"3"},"defaultRequest":{"cpu":"1"}}]}}`}})
}

func TestQuota(t *testing.T) {
	t.Parallel()
	both(t, QuotaFromCore, QuotaToCore, []example{{"spec",
		`{"metadata":{"name":"q","labels":{"a":"b"}},"spec":{"hard":{"pods":"10","cpu":"1500m"}}}`,
		`{"id":"q","labels":{"a":"b"},"spec":{"hard":{"pods":10,"cpu":"1.5"}}}`}})
	created(t, QuotaToCore, []example{{"cores as an integer", `{"spec":{"hard":{"cpu":"2"}}}`, `{"spec":{"hard":{"cpu":2}}}`}})
	shown(t, QuotaFromCore, []example{{"status", `{"status":{"hard":{"pods":"10"},"used":{"pods":"3"}}}`, `{"status":{"hard":{"pods":10},"used":{"pods":3}}}`}})
	updated(t, QuotaToCore, []update{{"scopes and status stay",
		`{"spec":{"hard":{"pods":"10"},"scopes":["BestEffort"]},"status":{"used":{"pods":"3"}}}`, `{"spec":{"hard":{"pods":5}},"status":{"used":{"pods":9}}}`,
		`{"spec":{"hard":{"pods":"5"},"scopes":["BestEffort"]},"status":{"used":{"pods":"3"}}}`}})
	updated(t, QuotaStatusToCore, []update{{"only the status",
		`{"spec":{"hard":{"pods":"10"}}}`, `{"spec":{"hard":{"pods":5}},"status":{"hard":{"pods":10},"used":{"pods":9}}}`,
		`{"spec":{"hard":{"pods":"10"}},"status":{"hard":{"pods":"10"},"used":{"pods":"9"}}}`}})
}

func TestEvent(t *testing.T) {
	t.Parallel()
	both(t, EventFromCore, EventToCore, []example{{"full",
		`{"metadata":{"name":"e","namespace":"n"},"involvedObject":{"kind":"Pod","namespace":"n","name":"p","uid":"u","apiVersion":"v1","resourceVersion":"7","fieldPath":"x"},
		  "reason":"r","message":"m","source":{"component":"s","host":"h"},"firstTimestamp":"2014-10-01T00:00:00Z","lastTimestamp":"2014-10-02T00:00:00Z","count":3,"type":"Normal"}`,
		`{"id":"e","namespace":"n","involvedObject":{"kind":"Pod","namespace":"n","name":"p","uid":"u","apiVersion":"v1","resourceVersion":"7","fieldPath":"x"},
		  "reason":"r","message":"m","source":"s","host":"h","timestamp":"2014-10-01T00:00:00Z","firstTimestamp":"2014-10-01T00:00:00Z","lastTimestamp":"2014-10-02T00:00:00Z","count":3}`}})
	updated(t, EventToCore, []update{{"its type stays", `{"type":"Warning","count":1,"action":"a"}`, `{"count":2}`, `{"type":"Warning","count":2,"action":"a"}`}})
}

// An event's end is shown as its deletion.
func TestEventLife(t *testing.T) {
	t.Parallel()
	at := metav1.NewTime(time.Unix(1e9, 0))
	for name, c := range map[string]struct {
		meta metav1.ObjectMeta
		want *metav1.Time
	}{
		"stored":  {metav1.ObjectMeta{CreationTimestamp: at}, &metav1.Time{Time: at.Add(time.Hour)}},
		"new":     {metav1.ObjectMeta{}, nil},
		"deleted": {metav1.ObjectMeta{CreationTimestamp: at, DeletionTimestamp: &at}, &at},
	} {
		got := EventFromCore(&corev1.Event{ObjectMeta: c.meta}).DeletionTimestamp
		if (got == nil) != (c.want == nil) || got != nil && !got.Equal(c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestBinding(t *testing.T) {
	t.Parallel()
	created(t, func(b *wire.Binding, _ *corev1.Binding) *corev1.Binding { return BindingToCore(b) }, []example{{"of a pod",
		`{"metadata":{"name":"p","namespace":"n","annotations":{"a":"b"}},"target":{"kind":"Node","name":"h"}}`,
		`{"id":"ignored","podID":"p","namespace":"n","host":"h","annotations":{"a":"b","kubernetes-mesos/v1beta1-as-sent":"x"}}`}})
}
