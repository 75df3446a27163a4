package resources

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// Parse reads resources as the --resources flag of a Mesos agent has them:
// "cpus:4;mem:1024;ports:[31000-32000,33000-33000];cpus(web):2;disks:{sda,sdb}".
// A name in parentheses is the role that a resource is reserved for.
func Parse(s string) ([]*mesospb.Resource, error) {
	var out []*mesospb.Resource
	for _, field := range strings.Split(s, ";") {
		field = strings.TrimSpace(field)
		if field == "" {
			continue
		}
		r, err := parseResource(field)
		if err != nil {
			return nil, fmt.Errorf("resource %q: %w; expected name:value or name(role):value, a value being a number, [begin-end,...] or {item,...}", field, err)
		}
		out = Add(out, r)
	}
	return out, nil
}

func parseResource(field string) (*mesospb.Resource, error) {
	name, value, ok := strings.Cut(field, ":")
	if !ok {
		return nil, fmt.Errorf("no value")
	}
	name, role, err := parseName(strings.TrimSpace(name))
	if err != nil {
		return nil, err
	}
	r := &mesospb.Resource{Name: &name, Role: role}
	value = strings.TrimSpace(value)
	switch {
	case strings.HasPrefix(value, "["):
		r.Type = mesospb.Value_RANGES.Enum()
		r.Ranges, err = parseRanges(value)
	case strings.HasPrefix(value, "{"):
		r.Type = mesospb.Value_SET.Enum()
		r.Set, err = parseSet(value)
	default:
		r.Type = mesospb.Value_SCALAR.Enum()
		var v float64
		if v, err = parseNumber(value); err == nil && v < 0 {
			err = fmt.Errorf("%s is negative", value)
		}
		r.Scalar = &mesospb.Value_Scalar{Value: proto.Float64(v)}
	}
	return r, err
}

// parseName splits "cpus(web)". The role "*" is treated as none.
func parseName(s string) (name string, role *string, err error) {
	name, in, found := strings.Cut(s, "(")
	if found {
		inner, ok := strings.CutSuffix(in, ")")
		if !ok || inner == "" {
			return "", nil, fmt.Errorf("the role is not closed or empty")
		}
		if inner != "*" {
			role = &inner
		}
	}
	if name == "" {
		return "", nil, fmt.Errorf("no name")
	}
	return name, role, nil
}

func parseRanges(s string) (*mesospb.Value_Ranges, error) {
	inner, ok := strings.CutSuffix(strings.TrimPrefix(s, "["), "]")
	if !ok {
		return nil, fmt.Errorf("the ranges are not closed")
	}
	out := &mesospb.Value_Ranges{}
	for _, item := range strings.Split(inner, ",") {
		from, to, ok := strings.Cut(strings.TrimSpace(item), "-")
		begin, err1 := strconv.ParseUint(strings.TrimSpace(from), 10, 63)
		end, err2 := strconv.ParseUint(strings.TrimSpace(to), 10, 63)
		if !ok || err1 != nil || err2 != nil || end < begin {
			return nil, fmt.Errorf("%q is not a range begin-end", item)
		}
		out.Range = append(out.Range, &mesospb.Value_Range{Begin: &begin, End: &end})
	}
	return out, nil
}

func parseSet(s string) (*mesospb.Value_Set, error) {
	inner, ok := strings.CutSuffix(strings.TrimPrefix(s, "{"), "}")
	if !ok {
		return nil, fmt.Errorf("the set is not closed")
	}
	out := &mesospb.Value_Set{}
	for _, item := range strings.Split(inner, ",") {
		if item = strings.TrimSpace(item); item != "" {
			out.Item = append(out.Item, item)
		}
	}
	return out, nil
}

func parseNumber(s string) (float64, error) {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(v) || math.Abs(v) > 1e12 {
		return 0, fmt.Errorf("%q is not a number", s)
	}
	return math.Round(v*1000) / 1000, nil
}
