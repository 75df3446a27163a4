package nodes

import (
	"fmt"
	"strings"
)

// maxName is the longest value of the label that repeats a node's name.
const maxName = 63

// dnsName turns an agent's host name into a valid name for a Node: lower case
// letters, digits, dots and hyphens, with a letter or digit at each end of
// every part.
func dnsName(hostname string) string {
	clean := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9', r == '.':
			return r
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, hostname)
	var parts []string
	for _, p := range strings.Split(clean, ".") {
		if p = strings.Trim(p, "-"); p != "" {
			parts = append(parts, p)
		}
	}
	name := strings.Join(parts, ".")
	if len(name) > maxName {
		name = strings.TrimRight(name[:maxName], "-.")
	}
	if name == "" {
		return "agent"
	}
	return name
}

// Name returns the name for the Node of an agent: that of its host, or,
// when that is taken, one that ends in the agent's number.
func Name(hostname, agentID string, taken func(name string) bool) string {
	name := dnsName(hostname)
	if !taken(name) {
		return name
	}
	number := agentID[strings.LastIndexByte(agentID, '-')+1:] // S7 of 6a…-S7
	for i := 0; ; i++ {
		suffix := "-" + dnsName(number)
		if i > 0 {
			suffix = fmt.Sprintf("%s-%d", suffix, i+1)
		}
		base := name
		if len(base)+len(suffix) > maxName {
			base = strings.TrimRight(base[:max(0, maxName-len(suffix))], "-.")
		}
		if full := strings.TrimLeft(base+suffix, "-."); !taken(full) {
			return full
		}
	}
}
