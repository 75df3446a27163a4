package convert

import (
	"encoding/json"
	"reflect"
	"testing"
)

// example is an object of core and what it is in v1beta1, as JSON. Empty members (null,
// 0, "", false, {}, []) do not count.
type example struct{ name, core, wire string }

// shown checks that each object of core is shown as its example.
func shown[C, W any](t *testing.T, from func(*C) *W, examples []example) {
	t.Helper()
	for _, e := range examples {
		if got, want := prune(t, from(parse[C](t, e.core))), prune(t, json.RawMessage(e.wire)); !reflect.DeepEqual(got, want) {
			t.Errorf("%s is shown as\n%s, want\n%s", e.name, indent(t, got), indent(t, want))
		}
	}
}

// created checks that each object of v1beta1 is created as its example.
func created[C, W any](t *testing.T, to func(*W, *C) *C, examples []example) {
	t.Helper()
	for _, e := range examples {
		if got, want := prune(t, to(parse[W](t, e.wire), nil)), prune(t, json.RawMessage(e.core)); !reflect.DeepEqual(got, want) {
			t.Errorf("%s is created as\n%s, want\n%s", e.name, indent(t, got), indent(t, want))
		}
	}
}

// both checks both directions.
func both[C, W any](t *testing.T, from func(*C) *W, to func(*W, *C) *C, examples []example) {
	t.Helper()
	shown(t, from, examples)
	created(t, to, examples)
}

// update is what a client sends for a stored object of core, and what that becomes.
type update struct{ name, stored, sent, want string }

func updated[C, W any](t *testing.T, to func(*W, *C) *C, updates []update) {
	t.Helper()
	for _, u := range updates {
		stored := parse[C](t, u.stored)
		if got, want := prune(t, to(parse[W](t, u.sent), stored)), prune(t, json.RawMessage(u.want)); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: becomes\n%s, want\n%s", u.name, indent(t, got), indent(t, want))
		}
		if now, before := prune(t, stored), prune(t, json.RawMessage(u.stored)); !reflect.DeepEqual(now, before) {
			t.Errorf("%s: the stored object was changed in place to\n%s", u.name, indent(t, now))
		}
	}
}

func parse[T any](t *testing.T, text string) *T {
	t.Helper()
	out := new(T)
	if err := json.Unmarshal([]byte(text), out); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return out
}

// prune returns an object as JSON without empty members.
func prune(t *testing.T, o any) any {
	t.Helper()
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatalf("%v: %s", err, o)
	}
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return pruned(v)
}

func pruned(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, member := range v {
			if member = pruned(member); member != nil {
				out[name] = member
			}
		}
		if len(out) > 0 {
			return out
		}
		return nil
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = pruned(v[i])
		}
		if len(out) > 0 {
			return out
		}
		return nil
	case string:
		if v == "" {
			return nil
		}
	case float64:
		if v == 0 {
			return nil
		}
	case bool:
		if !v {
			return nil
		}
	}
	return v
}

func indent(t *testing.T, v any) string {
	t.Helper()
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
