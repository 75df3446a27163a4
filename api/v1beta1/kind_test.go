package v1beta1

import (
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/validate"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// The names and quirks of 0.14, on which clients rely.
func TestDescriptions(t *testing.T) {
	t.Parallel()
	want := []description{
		{"pods", "pods", "Pod", true, "pods", "Pod", "Pod", quirks{deleteReadsBody: true, deleteAnswersObject: true}},
		{"replicationControllers", "replicationcontrollers", "ReplicationController", true,
			"replicationControllers", "ReplicationController", "ReplicationController", quirks{deleteReadsBody: true}},
		{"services", "services", "Service", true, "service", "Service", "service", quirks{nameCheckedFirst: true}},
		{"endpoints", "endpoints", "Endpoints", true, "endpoints", "Endpoints", "Endpoints", quirks{putCreates: true, deleteReadsBody: true}},
		{"minions", "nodes", "Minion", false, "minion", "Node", "Node", quirks{deleteReadsBody: true}},
		{"events", "events", "Event", true, "events", "event", "event", quirks{namespaceConflict: true, putCreates: true}},
		{"namespaces", "namespaces", "Namespace", false, "namespaces", "Namespace", "Namespace", quirks{deleteReadsBody: true, deleteAnswersObject: true}},
		{"secrets", "secrets", "Secret", true, "secrets", "secret", "secret", quirks{namespaceConflict: true, uuidName: true}},
		{"limitRanges", "limitranges", "LimitRange", true, "limitranges", "limitRange", "limitRange", quirks{namespaceConflict: true, uuidName: true}},
		{"resourceQuotas", "resourcequotas", "ResourceQuota", true,
			"resourcequotas", "ResourceQuota", "ResourceQuota", quirks{deleteReadsBody: true, deleteAnswersObject: true}},
	}
	kinds := allKinds(validate.Rules{})
	if len(kinds) != len(want) {
		t.Fatalf("%d kinds, want %d", len(kinds), len(want))
	}
	for i, k := range kinds {
		if got := k.describe(); got != want[i] {
			t.Errorf("%+v, want\n%+v", got, want[i])
		}
	}
}

// What each kind can do besides.
func TestAbilities(t *testing.T) {
	t.Parallel()
	for _, k := range allKinds(validate.Rules{}) {
		abilities := ""
		for _, a := range []struct {
			name string
			has  bool
		}{
			{"status", is[statusConverter](k)}, {"statusInPut", is[statusSplitter](k)}, {"fields", is[selectable](k)},
			{"ports", is[reachable](k)}, {"quiet", is[quietlyDeleted](k)}, {"options", is[deletionOptioner](k)},
			{"completes", is[deletionCompleter](k)}, {"change", is[changeValidator](k)}, {"early", is[earlyValidator](k)},
			{"renames", is[fieldTranslator](k)}, {"wraps", is[listWrapper](k)}, {"last", is[deletionShower](k)}, {"host", is[statusValidator](k)},
		} {
			if a.has {
				abilities += " " + a.name
			}
		}
		want := map[string]string{
			"pods":                   " status fields ports quiet options change last host",
			"replicationControllers": " status statusInPut fields quiet options completes",
			"services":               " ports completes early renames",
			"minions":                " status statusInPut ports wraps",
			"events":                 " fields", "namespaces": " status fields", "resourceQuotas": " status",
		}[k.describe().path]
		if abilities != want {
			t.Errorf("%s:%s, want%s", k.describe().path, abilities, want)
		}
	}
}

func is[A any](k kind) bool { _, ok := k.(A); return ok }

// Field selectors, and what they are in core.
func TestCoreFields(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind                    selectable
		name, value, core, want string
	}{
		{pods{}, "name", "p", "metadata.name", "p"},
		{pods{}, "DesiredState.Host", "m", "spec.nodeName", "m"},
		{pods{}, "DesiredState.Status", "Waiting", "status.phase", "Pending"},
		{pods{}, "DesiredState.Status", "Terminated", "status.phase", "Failed"},
		{pods{}, "DesiredState.Status", "Failed", "status.phase", "-Failed"}, // a word that no pod has in v1beta1
		{pods{}, "DesiredState.Status", "Any", "status.phase", "Any"},
		{pods{}, "DesiredState.Status", "", "status.phase", ""},
		{pods{}, "status.phase", "Running", "", ""},
		{replicationControllers{}, "name", "rc", "metadata.name", "rc"},
		{replicationControllers{}, "currentState.replicas", "3", "status.replicas", "3"},
		{replicationControllers{}, "replicas", "3", "", ""},
		{namespaces{}, "status.phase", "Active", "status.phase", "Active"},
		{namespaces{}, "name", "n", "", ""},
		{events{}, "involvedObject.id", "p", "involvedObject.name", "p"},
		{events{}, "involvedObject.name", "p", "involvedObject.name", "p"},
		{events{}, "involvedObject.kind", "Pod", "involvedObject.kind", "Pod"},
		{events{}, "involvedObject.namespace", "n", "involvedObject.namespace", "n"},
		{events{}, "involvedObject.uid", "u", "involvedObject.uid", "u"},
		{events{}, "involvedObject.apiVersion", "v1", "involvedObject.apiVersion", "v1"},
		{events{}, "involvedObject.resourceVersion", "7", "involvedObject.resourceVersion", "7"},
		{events{}, "involvedObject.fieldPath", "x", "involvedObject.fieldPath", "x"},
		{events{}, "reason", "r", "reason", "r"},
		{events{}, "source", "s", "source", "s"},
		{events{}, "kind", "Pod", "", ""},
		{events{}, "involvedObject.", "x", "", ""},
		{events{}, "involvedObject.involvedObject.kind", "x", "", ""},
	} {
		core, value, ok := c.kind.coreField(c.name, c.value)
		if ok != (c.core != "") || ok && (core != c.core || value != c.want) {
			t.Errorf("%T: %s=%s is %s=%s, %t, want %s=%s", c.kind, c.name, c.value, core, value, ok, c.core, c.want)
		}
	}
}

// A list has the form of its kind.
func TestListForms(t *testing.T) {
	t.Parallel()
	l := &wire.List{Meta: wire.Meta{Kind: "MinionList"}, Items: []wire.Object{&wire.Minion{}}}
	m, ok := minions{}.wrapList(l).(*wire.MinionList)
	if !ok || len(m.Minions) != 1 || len(m.Items) != 1 || m.Kind != "MinionList" {
		t.Errorf("%+v", m)
	}
}
