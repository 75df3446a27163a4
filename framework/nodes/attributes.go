package nodes

import (
	"strconv"
	"strings"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

// AttributeLabels turns a Mesos agent's attributes into node labels. What a
// label cannot hold is replaced by a hyphen; when an attribute occurs twice,
// the first counts.
func AttributeLabels(as []*mesospb.Attribute) map[string]string {
	labels := map[string]string{}
	for _, a := range as {
		var value string
		switch {
		case a.Text != nil:
			value = a.Text.GetValue()
		case a.Scalar != nil:
			value = strconv.FormatFloat(a.Scalar.GetValue(), 'f', -1, 64)
		case a.Ranges != nil:
			value = resources.FormatRanges(rangesOf(a.Ranges))
		case a.Set != nil:
			value = strings.Join(a.Set.GetItem(), "_")
		}
		name := labelWord(a.GetName())
		if _, twice := labels[LabelAttribute+name]; name != "" && !twice {
			labels[LabelAttribute+name] = labelWord(value)
		}
	}
	return labels
}

func rangesOf(v *mesospb.Value_Ranges) []resources.Range {
	var rs []resources.Range
	for _, r := range v.GetRange() {
		rs = append(rs, resources.Range{Begin: r.GetBegin(), End: r.GetEnd()})
	}
	return rs
}

// labelWord turns s into a label value: at most 63 letters, digits, hyphens,
// underscores and dots, the first and last a letter or digit.
func labelWord(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '-', r == '_', r == '.':
			return r
		}
		return '-'
	}, s)
	s = strings.Trim(s, "-_.")
	if len(s) > 63 {
		s = strings.TrimRight(s[:63], "-_.")
	}
	return s
}
