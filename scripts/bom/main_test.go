package main

import (
	"debug/buildinfo"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The list has exactly the modules that "go version -m" shows. The program looked
// at is one of the repository with dependencies and quickly built.
func TestBOM(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "rude")
	if out, err := exec.Command("go", "build", "-trimpath", "-o", program, "../attack/rude").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	shown, err := exec.Command("go", "version", "-m", program).Output()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for line := range strings.Lines(string(shown)) {
		if f := strings.Fields(line); len(f) >= 3 && f[0] == "dep" {
			want = append(want, f[1]+" "+f[2])
		}
	}
	if len(want) < 2 {
		t.Fatalf("go version -m shows %d modules only:\n%s", len(want), shown)
	}
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	b := materials("rude", info)
	var got []string
	for _, c := range b.Components[1:] {
		got = append(got, c.Name+" "+c.Version)
		if c.PURL != "pkg:golang/"+c.Name+"@"+c.Version || len(c.Properties) != 1 || !strings.HasPrefix(c.Properties[0].Value, "h1:") {
			t.Errorf("component %+v", c)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("it lists %q, want %q", got, want)
	}
	if std := b.Components[0]; std.Name != "std" || "go"+strings.TrimPrefix(std.Version, "v") != strings.Fields(info.GoVersion)[0] {
		t.Errorf("the standard library is %+v, want that of %s", std, info.GoVersion)
	}
	if text, err := json.Marshal(b); err != nil || !strings.HasPrefix(string(text), `{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,`) {
		t.Errorf("%s, %v", text, err)
	}
}
