package e2e

import (
	"debug/buildinfo"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
)

// Two builds of one commit in two folders are byte-identical.
func TestReproducible(t *testing.T) {
	out := t.TempDir()
	cmd := exec.Command("scripts/reproducible.sh", out, "executor_runner")
	cmd.Dir = cluster.Root()
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	info, err := buildinfo.ReadFile(filepath.Join(out, "executor_runner"))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(info.Settings, func(s debug.BuildSetting) bool { return s.Key == "vcs.revision" }) {
		t.Errorf("the program does not say of which commit it is: %v", info.Settings)
	}
}
