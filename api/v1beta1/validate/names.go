package validate

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// form is a rule for text: a pattern and a maximum length.
type form struct {
	pattern *regexp.Regexp
	max     int
	cure    string
}

func (f form) ok(s string) bool { return len(s) <= f.max && f.pattern.MatchString(s) }

const (
	label = `[a-z0-9]([-a-z0-9]*[a-z0-9])?`
	token = `[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?`
)

// The forms of names in v1beta1.
var (
	dnsLabel = form{regexp.MustCompile(`^` + label + `$`), 63,
		"use at most 63 lower-case letters, digits and '-', a letter or digit at both ends"}
	dnsSubdomain = form{regexp.MustCompile(`^` + label + `(\.` + label + `)*$`), 253,
		"use at most 253 lower-case letters, digits, '-' and '.', a letter or digit at both ends of each part"}
	serviceName = form{regexp.MustCompile(`^[a-z]([-a-z0-9]*[a-z0-9])?$`), 24,
		"use at most 24 lower-case letters, digits and '-', beginning with a letter and ending with a letter or digit"}
	cIdentifier = form{regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`), 1 << 20,
		"use letters, digits and '_', not beginning with a digit"}
	qualifiedName = form{regexp.MustCompile(`^(` + token + `/)?` + token + `$`), 253,
		"use at most 253 letters, digits, '-', '_' and '.', a letter or digit at both ends, after an optional prefix and '/'"}
	labelValue = form{regexp.MustCompile(`^(` + token + `)?$`), 63,
		"use at most 63 letters, digits, '-', '_' and '.', a letter or digit at both ends"}
)

// annotationsMax bounds the total size of an object's annotations, keys and values, in
// bytes.
const annotationsMax = 64 << 10

// meta checks the common members.
func (c *Causes) meta(m *wire.Meta, labels map[string]string, name form, namespaced bool) {
	if m.GenerateName != "" && !name.ok(maskDash(m.GenerateName, name.max)) {
		c.invalid("metadata.generateName", m.GenerateName, name.cure)
	}
	switch {
	case m.ID == "" && m.GenerateName != "":
	case m.ID == "":
		c.required("metadata.name", "give the object an id")
	case !name.ok(m.ID):
		c.invalid("metadata.name", m.ID, name.cure)
	}
	switch {
	case !namespaced:
	case m.Namespace == "":
		c.required("metadata.namespace", "name a namespace in the query (?namespace=default), or leave the parameter out")
	case !dnsSubdomain.ok(m.Namespace):
		c.invalid("metadata.namespace", m.Namespace, dnsSubdomain.cure)
	}
	c.labels("metadata.labels", labels)
	c.annotations("metadata.annotations", m.Annotations)
}

// maskDash returns a generated name's base in a form that can be checked: cut to leave
// room for the generated suffix, which a trailing dash needs.
func maskDash(base string, limit int) string {
	const suffix = 5
	base = base[:min(len(base), limit-suffix)]
	if strings.HasSuffix(base, "-") {
		return base + "a"
	}
	return base
}

// labels checks a map of labels; the causes name the map, not the key.
func (c *Causes) labels(field string, labels map[string]string) {
	for _, k := range sortedKeys(labels) {
		if !qualifiedName.ok(k) {
			c.invalid(field, k, "as a key "+qualifiedName.cure)
		}
		if v := labels[k]; !labelValue.ok(v) {
			c.invalid(field, v, "as a value "+labelValue.cure)
		}
	}
}

func (c *Causes) annotations(field string, annotations map[string]string) {
	size := 0
	for _, k := range sortedKeys(annotations) {
		if !qualifiedName.ok(strings.ToLower(k)) {
			c.invalid(field, k, "as a key "+qualifiedName.cure)
		}
		size += len(k) + len(annotations[k])
	}
	if size > annotationsMax {
		c.tooLong(field, "keep keys and values together under 64 KiB")
	}
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// standardResources need no prefix.
var standardResources = []string{
	"cpu", "memory", "storage", "pods", "services", "replicationcontrollers", "resourcequotas",
}

func resourceNameOK(name string) bool {
	if !qualifiedName.ok(name) {
		return false
	}
	return strings.Contains(name, "/") || slices.Contains(standardResources, name)
}

const resourceNameCure = "use cpu, memory, storage, pods, services, replicationcontrollers or resourcequotas, or a name with a prefix and '/'"

// number checks a number that core keeps in 32 bits, and that is not negative.
func (c *Causes) number(field string, n int64, unit string) {
	switch {
	case n < 0:
		c.invalid(field, n, "use 0 or more"+unit)
	case n > math.MaxInt32:
		c.invalid(field, n, fmt.Sprintf("use at most %d%s", math.MaxInt32, unit))
	}
}

func portOK(n int64) bool { return 0 < n && n < 65536 }

const portCure = "use a port from 1 to 65535"

func protocolOK(p string) bool {
	p = strings.ToUpper(p)
	return p == "TCP" || p == "UDP"
}

const protocolCure = "use TCP or UDP"
