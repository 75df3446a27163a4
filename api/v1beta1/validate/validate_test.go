package validate

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// faulty is an object and what is wrong with it: "Reason message", where the message
// begins with the field.
type faulty struct {
	name string
	json string
	want []string
}

// checkAll decodes each object, fills in its defaults, and compares its causes. Every
// cause must name its field in field and message.
func checkAll[T any](t *testing.T, validate func(*T) Causes, cases []faulty) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := decode[T](t, c.json)
			if d, ok := any(o).(interface{ Default() }); ok {
				d.Default()
			}
			causes := validate(o)
			if got := texts(causes); !slices.Equal(got, c.want) {
				t.Errorf("%.300s:\n got  %s\n want %s", c.json, strings.Join(got, "\n      "), strings.Join(c.want, "\n      "))
			}
			for _, cause := range causes {
				if cause.Reason != "" && !strings.HasPrefix(cause.Message, cause.Field+": ") {
					t.Errorf("%q does not begin with its field, %q", cause.Message, cause.Field)
				}
			}
		})
	}
}

// texts returns causes as in faulty; the common beginning of reasons is left out.
func texts(c Causes) []string {
	var out []string
	for _, f := range c {
		out = append(out, strings.TrimSpace(strings.TrimPrefix(f.Reason, "FieldValue")+" "+f.Message))
	}
	return out
}

func decode[T any](t *testing.T, text string) *T {
	t.Helper()
	out := new(T)
	if err := json.Unmarshal([]byte(text), out); err != nil {
		t.Fatalf("%v: %.200s", err, text)
	}
	return out
}
