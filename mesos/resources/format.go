package resources

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// Format formats resources for people, in the syntax that [Parse] accepts: "cpus:4;
// mem:1024; cpus(web):2; ports:[31000-32000]".
func Format(rs []*mesospb.Resource) string {
	var out []string
	for _, p := range toPiles(rs) {
		name := p.like.GetName()
		if role := Role(p.like); role != "*" {
			name += "(" + role + ")"
		}
		out = append(out, name+":"+p.format())
	}
	return strings.Join(out, "; ")
}

func (p pile) format() string {
	switch p.like.GetType() {
	case mesospb.Value_RANGES:
		return FormatRanges(p.ranges)
	case mesospb.Value_SET:
		return "{" + strings.Join(p.set, ", ") + "}"
	}
	return formatThousandths(p.scalar)
}

// FormatRanges formats ranges as "[31000-31009, 31020-31020]".
func FormatRanges(rs []Range) string {
	var items []string
	for _, r := range rs {
		items = append(items, fmt.Sprintf("%d-%d", r.Begin, r.End))
	}
	return "[" + strings.Join(items, ", ") + "]"
}

func formatThousandths(v int64) string {
	return strconv.FormatFloat(float64(v)/1000, 'f', -1, 64)
}
