package validate

import (
	"strings"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

func TestMinion(t *testing.T) {
	t.Parallel()
	checkAll(t, Minion, []faulty{
		{"plain", `{"id":"m.example.com"}`, nil},
		{"namespace does not matter", `{"id":"m","namespace":"N"}`, nil},
		{"capacity", `{"id":"m","resources":{"capacity":{"cpu":"0","memory":-1,"pods":"-0.5"}}}`, []string{
			"Invalid status.Capacity[memory]: invalid value '-1': use 0 or more",
			"Invalid status.Capacity[pods]: invalid value '-0.5': use 0 or more",
		}},
		{"name", `{"id":"M"}`, []string{
			"Invalid metadata.name: invalid value 'M': " + subdomainRule,
		}},
	})
}

func TestEvent(t *testing.T) {
	t.Parallel()
	checkAll(t, Event, []faulty{
		{"plain", `{"id":"e","namespace":"n","involvedObject":{"kind":"Pod","namespace":"n"}}`, nil},
		{"of a node", `{"id":"e","namespace":"n","involvedObject":{"kind":"Node"}}`, nil},
		{"of a minion", `{"id":"e","namespace":"n","involvedObject":{"kind":"Minion"}}`, nil},
		{"of another namespace", `{"id":"e","namespace":"n","involvedObject":{"kind":"Pod","namespace":"m"}}`, []string{
			`Invalid involvedObject.namespace: invalid value 'm': must be the event's own namespace, "n"`,
		}},
		{"namespace", `{"id":"e","namespace":"N","involvedObject":{"namespace":"N"}}`, []string{
			"Invalid namespace: invalid value 'N': " + subdomainRule,
		}},
		{"no name, which is not generated", `{"generateName":"e-","namespace":"n","involvedObject":{"namespace":"n"}}`, []string{
			"Required metadata.name: required value: give the event an id",
		}},
		{"name", `{"id":"e_","namespace":"n","involvedObject":{"namespace":"n"}}`, []string{
			"Invalid metadata.name: invalid value 'e_': " + subdomainRule,
		}},
		{"count beyond 32 bits", `{"id":"e","namespace":"n","firstTimestamp":"2014-10-01T00:00:00Z","count":4294967297,"involvedObject":{"namespace":"n"}}`, []string{
			"Invalid count: invalid value '4294967297': use at most 2147483647",
		}},
	})
}

func TestNamespaceFinalizers(t *testing.T) {
	t.Parallel()
	checkAll(t, Namespace, []faulty{
		{"good", `{"id":"n","spec":{"finalizers":["kubernetes","example.com/x"]}}`, nil},
		{"blank", `{"id":"n","spec":{"finalizers":["kubernetes","no good"]}}`, []string{
			"Invalid spec.finalizers: invalid value 'no good': " + qualifiedRule,
		}},
	})
}

func TestSecretData(t *testing.T) {
	t.Parallel()
	checkAll(t, Secret, []faulty{
		{"good", `{"id":"s","namespace":"n","data":{"a.b":"YQ==","c":""}}`, nil},
		{"keys", `{"id":"s","namespace":"n","data":{"b_":"","A":""}}`, []string{
			"Invalid data[A]: invalid value 'A': " + subdomainRule,
			"Invalid data[b_]: invalid value 'b_': " + subdomainRule,
		}},
	})
	s := &wire.Secret{Meta: wire.Meta{ID: "s", Namespace: "n"}, Data: map[string][]byte{"a": make([]byte, 1<<20)}}
	if c := Secret(s); c != nil {
		t.Errorf("1 MiB: %v", c)
	}
	s.Data["b"] = []byte{1}
	if got := strings.Join(texts(Secret(s)), ", "); got != "Forbidden data: forbidden: keep all values together under 1 MiB" {
		t.Errorf("one byte more: %s", got)
	}
}

func TestLimitRange(t *testing.T) {
	t.Parallel()
	checkAll(t, LimitRange, []faulty{
		{"good", `{"id":"l","namespace":"n","spec":{"limits":[{"type":"Pod","max":{"cpu":"1","a.b/c":1},"min":{"memory":1}}]}}`, nil},
		{"names", `{"id":"l","namespace":"n","spec":{"limits":[{},{"max":{"wish":1},"min":{"cores":"1"},"default":{"any":1}}]}}`, []string{
			"Invalid spec.limits[1].max[wish]: invalid value 'wish': " + resourceRule,
			"Invalid spec.limits[1].min[cores]: invalid value 'cores': " + resourceRule,
		}},
	})
}

// Servers of the time left the field of a quota's fault empty.
func TestQuota(t *testing.T) {
	t.Parallel()
	checkAll(t, Quota, []faulty{
		{"good", `{"id":"q","namespace":"n","spec":{"hard":{"pods":10,"services":5,"storage":1,"replicationcontrollers":1,"resourcequotas":1}}}`, nil},
		{"name", `{"id":"q","namespace":"n","spec":{"hard":{"wish":1}},"status":{"used":{"wish":0}}}`, []string{
			"Invalid : invalid value 'wish': " + resourceRule,
			"Invalid : invalid value 'wish': " + resourceRule,
		}},
	})
}

func TestBinding(t *testing.T) {
	t.Parallel()
	checkAll(t, Binding, []faulty{
		{"good", `{"podID":"p","host":"h"}`, nil},
		{"no host", `{"podID":"p"}`, []string{"Required to.name: required value: name the host in host"}},
	})
}
