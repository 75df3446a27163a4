package validate

import (
	"strings"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

const (
	labelRule     = "use at most 63 lower-case letters, digits and '-', a letter or digit at both ends"
	subdomainRule = "use at most 253 lower-case letters, digits, '-' and '.', a letter or digit at both ends of each part"
	serviceRule   = "use at most 24 lower-case letters, digits and '-', beginning with a letter and ending with a letter or digit"
	qualifiedRule = "use at most 253 letters, digits, '-', '_' and '.', a letter or digit at both ends, after an optional prefix and '/'"
	valueRule     = "use at most 63 letters, digits, '-', '_' and '.', a letter or digit at both ends"
	resourceRule  = "use cpu, memory, storage, pods, services, replicationcontrollers or resourcequotas, or a name with a prefix and '/'"
	portRule      = "use a port from 1 to 65535"
)

// The common members, by the example of a secret, which has no others that matter.
func TestMeta(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 253)
	checkAll(t, Secret, []faulty{
		{"plain", `{"id":"s","namespace":"n"}`, nil},
		{"subdomain", `{"id":"a.b-c.0","namespace":"a.b"}`, nil},
		{"longest name", `{"id":"` + long + `","namespace":"n"}`, nil},
		{"too long name", `{"id":"` + long + `a","namespace":"n"}`, []string{
			"Invalid metadata.name: invalid value '" + long + "a': " + subdomainRule,
		}},
		{"no name", `{"namespace":"n"}`, []string{
			"Required metadata.name: required value: give the object an id",
		}},
		{"upper case", `{"id":"S","namespace":"n"}`, []string{
			"Invalid metadata.name: invalid value 'S': " + subdomainRule,
		}},
		{"final newline", `{"id":"s\n","namespace":"n"}`, []string{
			"Invalid metadata.name: invalid value 's\n': " + subdomainRule,
		}},
		{"empty part", `{"id":"a..b","namespace":"n"}`, []string{
			"Invalid metadata.name: invalid value 'a..b': " + subdomainRule,
		}},
		{"path", `{"id":"../x","namespace":"n"}`, []string{
			"Invalid metadata.name: invalid value '../x': " + subdomainRule,
		}},
		{"generated", `{"generateName":"gen-","namespace":"n"}`, nil},
		{"generated, and a name", `{"id":"s","generateName":"gen-","namespace":"n"}`, nil},
		{"generated from a dash", `{"generateName":"-","namespace":"n"}`, []string{
			"Invalid metadata.generateName: invalid value '-': " + subdomainRule,
		}},
		{"generated from capitals", `{"generateName":"Gen","namespace":"n"}`, []string{
			"Invalid metadata.generateName: invalid value 'Gen': " + subdomainRule,
		}},
		{"generated from much", `{"generateName":"` + long + `","namespace":"n"}`, nil},
		{"no namespace", `{"id":"s"}`, []string{
			"Required metadata.namespace: required value: name a namespace in the query (?namespace=default), or leave the parameter out",
		}},
		{"namespace", `{"id":"s","namespace":"N"}`, []string{
			"Invalid metadata.namespace: invalid value 'N': " + subdomainRule,
		}},
		{"everything", `{"namespace":"","annotations":{"a b":""}}`, []string{
			"Required metadata.name: required value: give the object an id",
			"Required metadata.namespace: required value: name a namespace in the query (?namespace=default), or leave the parameter out",
			"Invalid metadata.annotations: invalid value 'a b': as a key " + qualifiedRule,
		}},
		{"annotation keys in capitals", `{"id":"s","namespace":"n","annotations":{"Example.COM/Key":"any text\n"}}`, nil},
		{"annotations at the limit", `{"id":"s","namespace":"n","annotations":{"a":"` + strings.Repeat("x", 1<<16-1) + `"}}`, nil},
		{"annotations above the limit", `{"id":"s","namespace":"n","annotations":{"a":"` + strings.Repeat("x", 1<<16) + `"}}`, []string{
			"TooLong metadata.annotations: too long: keep keys and values together under 64 KiB",
		}},
	})
}

// Labels, by the example of a namespace. A fault names the map, and the key or value.
func TestLabels(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 63)
	checkAll(t, Namespace, []faulty{
		{"none", `{"id":"n"}`, nil},
		{"any good", `{"id":"n","labels":{"a":"","A_b.c-0":"V_1.x-y","example.com/role":"` + long + `"}}`, nil},
		{"empty key", `{"id":"n","labels":{"":"x"}}`, []string{
			"Invalid metadata.labels: invalid value '': as a key " + qualifiedRule,
		}},
		{"two slashes", `{"id":"n","labels":{"a/b/c":"x"}}`, []string{
			"Invalid metadata.labels: invalid value 'a/b/c': as a key " + qualifiedRule,
		}},
		{"dash at the end", `{"id":"n","labels":{"a-":"x"}}`, []string{
			"Invalid metadata.labels: invalid value 'a-': as a key " + qualifiedRule,
		}},
		{"value with a blank", `{"id":"n","labels":{"a":"x y"}}`, []string{
			"Invalid metadata.labels: invalid value 'x y': as a value " + valueRule,
		}},
		{"long value", `{"id":"n","labels":{"a":"` + long + `x"}}`, []string{
			"Invalid metadata.labels: invalid value '" + long + "x': as a value " + valueRule,
		}},
		{"in the order of keys", `{"id":"n","labels":{"z z":"1 1","a a":"2 2"}}`, []string{
			"Invalid metadata.labels: invalid value 'a a': as a key " + qualifiedRule,
			"Invalid metadata.labels: invalid value '2 2': as a value " + valueRule,
			"Invalid metadata.labels: invalid value 'z z': as a key " + qualifiedRule,
			"Invalid metadata.labels: invalid value '1 1': as a value " + valueRule,
		}},
	})
}

// The base of a generated name leaves room for the suffix, whatever it is.
func TestMaskDash(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{
		"gen": "gen", "gen-": "gen-a", "": "",
		strings.Repeat("a", 30):        strings.Repeat("a", 19),
		strings.Repeat("a", 18) + "-b": strings.Repeat("a", 18) + "-a",
	} {
		if got := maskDash(base, 24); got != want {
			t.Errorf("%q becomes %q, want %q", base, got, want)
		}
	}
}

// FuzzNames checks that an accepted name is one that core accepts in a path: text
// without slashes that is not "." or "..".
func FuzzNames(f *testing.F) {
	for _, s := range []string{"a", "a.b", "..", "a/b", "a\n", "-", "é", "A", strings.Repeat("a", 254)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if Secret(&wire.Secret{Meta: wire.Meta{ID: s, Namespace: "n"}}) == nil {
			if len(s) == 0 || len(s) > 253 || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-.") != "" ||
				strings.HasPrefix(s, ".") || strings.HasSuffix(s, ".") || strings.Contains(s, "..") {
				t.Errorf("%q is accepted as a name", s)
			}
		}
	})
}
