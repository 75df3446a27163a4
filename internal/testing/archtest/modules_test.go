package archtest

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// The module of the conformance suite has the versions of the main one, so that Kubernetes
// is compiled once for both.
func TestModulesAgree(t *testing.T) {
	t.Parallel()
	ours, suite := versions(t, "go.mod"), versions(t, "conformance/go.mod")
	both := 0
	for path, version := range suite {
		if of, is := ours[path]; is {
			both++
			if of != version {
				t.Errorf("conformance/go.mod has %s %s, go.mod %s: go get it there, too", path, version, of)
			}
		}
	}
	if both < 50 {
		t.Errorf("both modules require only %d of the same", both)
	}
}

var requirement = regexp.MustCompile(`(?m)^(?:\t|require )([^\s]+) (?:=> [^\s]+ )?(v[^\s]+)`)

// versions returns the versions that a go.mod requires, or replaces others by.
func versions(t *testing.T, file string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, m := range requirement.FindAllStringSubmatch(string(text), -1) {
		all[m[1]] = m[2]
	}
	return all
}
