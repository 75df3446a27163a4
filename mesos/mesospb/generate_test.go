package mesospb_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The committed code is what the .proto files give.
func TestGenerated(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("protoc"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%v: install Debian's protobuf-compiler", err)
		}
		t.Skip(err)
	}
	dir := t.TempDir()
	if out, err := exec.Command("sh", "generate.sh", dir).CombinedOutput(); err != nil {
		t.Fatalf("generate.sh: %v\n%s", err, out)
	}
	committed, err := filepath.Glob("*.pb.go")
	if err != nil || len(committed) == 0 {
		t.Fatalf("no generated code here: %v", err)
	}
	for _, name := range committed {
		got, err := os.ReadFile(filepath.Join(dir, "mesos", "mesospb", name))
		if err != nil {
			t.Error(err)
			continue
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what its .proto file gives: run make proto", name)
		}
	}
}
