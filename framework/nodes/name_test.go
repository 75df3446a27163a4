package nodes

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation"
)

func TestName(t *testing.T) {
	t.Parallel()
	const id = "6a9c6dd0-5f1c-4a6e-9d33-0b1d8ea4d4c0-S7"
	for _, c := range []struct {
		hostname string
		taken    []string
		want     string
	}{
		{"node1", nil, "node1"},
		{"Node_1.Example.COM", nil, "node-1.example.com"},
		{"10.0.0.4", nil, "10.0.0.4"},
		{"-odd-.-.host..", nil, "odd.host"},
		{"", nil, "agent"},
		{"___", nil, "agent"},
		{strings.Repeat("a", 62) + ".example.com", nil, strings.Repeat("a", 62)},
		{"node1", []string{"node1"}, "node1-s7"},
		{"node1", []string{"node1", "node1-s7"}, "node1-s7-2"},
		{strings.Repeat("a", 63), []string{strings.Repeat("a", 63)}, strings.Repeat("a", 60) + "-s7"},
	} {
		got := Name(c.hostname, id, func(name string) bool {
			for _, n := range c.taken {
				if n == name {
					return true
				}
			}
			return false
		})
		if got != c.want {
			t.Errorf("%q with %q taken: %q, want %q", c.hostname, c.taken, got, c.want)
		}
		if problems := validation.IsDNS1123Subdomain(got); len(problems) > 0 {
			t.Errorf("%q: %v", got, problems)
		}
	}
}

func FuzzNodeName(f *testing.F) {
	f.Add("Node_1.Example.COM", "a-S1")
	f.Add("ß.-", "-")
	f.Fuzz(func(t *testing.T, hostname, id string) {
		first := Name(hostname, id, func(string) bool { return false })
		second := Name(hostname, id, func(n string) bool { return n == first })
		for _, name := range []string{first, second} {
			if problems := validation.IsDNS1123Subdomain(name); len(problems) > 0 || len(name) > maxName {
				t.Errorf("%q: %v", name, problems)
			}
		}
		if first == second {
			t.Errorf("%q twice", first)
		}
	})
}
