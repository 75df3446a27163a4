package spec

import (
	"maps"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Whatever a record holds survives the round trip through labels, to the same owner alone,
// with the image's labels around it.
func TestRecordRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text, table := rapid.String(), rapid.MapOf(rapid.String(), rapid.String())
		owner := Owner{text.Draw(t, "framework"), text.Draw(t, "agent")}
		want := Record{
			Type: rapid.SampledFrom([]string{TypeSandbox, TypeContainer}).Draw(t, "type"), Attempt: rapid.Uint32().Draw(t, "attempt"),
			Sandbox: text.Draw(t, "sandbox"), Pod: text.Draw(t, "pod"), Namespace: text.Draw(t, "namespace"), UID: text.Draw(t, "uid"),
			Container: text.Draw(t, "container"), Image: text.Draw(t, "image"), ImageID: text.Draw(t, "image id"), Log: text.Draw(t, "log"),
			Handler: text.Draw(t, "handler"), Spec: text.Draw(t, "spec"), Labels: table.Draw(t, "labels"), Annotations: table.Draw(t, "annotations"),
		}
		labels := owner.Labels(want)
		images := rapid.MapOf(rapid.StringMatching(`org\.[a-z]+`), rapid.String()).Draw(t, "the image's labels")
		maps.Copy(labels, images)
		got, ours := owner.Read(labels)
		if !ours || !reflect.DeepEqual(got, want) {
			t.Fatalf("got %+v, want %+v", got, want)
		}
		other := Owner{text.Draw(t, "another framework"), text.Draw(t, "another agent")}
		if _, theirs := other.Read(labels); theirs != (other == owner) {
			t.Fatalf("a container of %+v is one of %+v", owner, other)
		}
	})
}

// Docker accepts the name of each container of a pod, and attempts, containers and pods have
// names of their own.
func TestNames(t *testing.T) {
	t.Parallel()
	accepted := regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]+$`) // Docker's RestrictedNameChars
	seen := map[string]Record{}
	for _, r := range []Record{
		{Type: TypeSandbox, Pod: "a", Namespace: "n", UID: "u"},
		{Type: TypeSandbox, Pod: "a", Namespace: "n", UID: "u", Attempt: 1},
		{Type: TypeContainer, Pod: "a", Namespace: "n", UID: "u", Container: "net"},
		{Type: TypeContainer, Pod: "a", Namespace: "n", UID: "u", Container: "net", Attempt: 1},
		{Type: TypeContainer, Pod: "a-b.c", Namespace: "n", UID: "u", Container: "web"},
		{Type: TypeContainer, Pod: "a", Namespace: "n", UID: "v", Container: "web"},
	} {
		name := r.name()
		if other, taken := seen[name]; taken {
			t.Errorf("%+v and %+v are both called %s", other, r, name)
		}
		seen[name] = r
		if !accepted.MatchString(name) || strings.HasPrefix(name, "mesos-") {
			t.Errorf("%+v is called %q", r, name)
		}
		if text := r.String(); !strings.Contains(text, "pod n/"+r.Pod) || !strings.Contains(text, r.Container) {
			t.Errorf("%+v is called %q in errors", r, text)
		}
	}
}

// A list is of our own containers alone, and of those with more labels if some are given.
func TestFilters(t *testing.T) {
	t.Parallel()
	owner := Owner{Framework: "F", Agent: "S0"}
	want := []string{"kubernetes-mesos.framework=F", "kubernetes-mesos.agent=S0"}
	if got := owner.Filters(); !reflect.DeepEqual(got, map[string][]string{"label": want}) {
		t.Errorf("got %v", got)
	}
	if got := owner.Filters("a=b"); !reflect.DeepEqual(got, map[string][]string{"label": append(want, "a=b")}) {
		t.Errorf("got %v", got)
	}
}
