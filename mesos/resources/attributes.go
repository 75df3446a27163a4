package resources

import (
	"fmt"
	"strings"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// ParseAttributes parses attributes in the format of a Mesos agent's --attributes
// flag: "rack:r1;level:10;keys:[1000-1500]". Anything that is neither a number nor
// ranges is text. A name may occur more than once.
func ParseAttributes(s string) ([]*mesospb.Attribute, error) {
	var out []*mesospb.Attribute
	for _, field := range strings.Split(s, ";") {
		field = strings.TrimSpace(field)
		if field == "" {
			continue
		}
		name, value, ok := strings.Cut(field, ":")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if !ok || name == "" || value == "" {
			return nil, fmt.Errorf("attribute %q: expected name:value", field)
		}
		a := &mesospb.Attribute{Name: &name}
		if strings.HasPrefix(value, "[") {
			ranges, err := parseRanges(value)
			if err != nil {
				return nil, fmt.Errorf("attribute %q: %w", field, err)
			}
			a.Type, a.Ranges = mesospb.Value_RANGES.Enum(), ranges
		} else if v, err := parseNumber(value); err == nil {
			a.Type, a.Scalar = mesospb.Value_SCALAR.Enum(), &mesospb.Value_Scalar{Value: proto.Float64(v)}
		} else {
			a.Type, a.Text = mesospb.Value_TEXT.Enum(), &mesospb.Value_Text{Value: &value}
		}
		out = append(out, a)
	}
	return out, nil
}
