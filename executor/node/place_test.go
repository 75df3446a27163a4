package node

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim"
)

// An executor continues in a directory that an earlier version has left for the same
// framework: living pods have volumes there. Another framework's is left alone.
func TestPlaceOfAVersionBefore(t *testing.T) {
	t.Parallel()
	rootDir := t.TempDir()
	plain := filepath.Join(rootDir, "S0")
	if err := os.WriteFile(plain+lockSuffix, []byte("F\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := rootOf(rootDir, dockershim.Owner{Framework: "F", Agent: "S0"}); err != nil || got != plain {
		t.Errorf("the same framework: %s, %v", got, err)
	}
	other, err := rootOf(rootDir, dockershim.Owner{Framework: "G", Agent: "S0"})
	if err != nil || other == plain || filepath.Dir(other) != rootDir {
		t.Errorf("another framework: %s, %v", other, err)
	}
}

// The default directory leaves room for the paths of sockets; one that does not is
// refused before anything is created.
func TestPlaceLeavesRoomForSockets(t *testing.T) {
	t.Parallel()
	id := strings.Repeat("7d3c", 9)
	owner := dockershim.Owner{Framework: id + "-0000", Agent: id + "-S123"}
	if root, err := rootOf("/var/lib/kubernetes-mesos", owner); err != nil {
		t.Errorf("%s: %v", root, err)
	}
	if root, err := rootOf("/var/lib/kubernetes-mesos/of/this/framework", owner); err == nil || !strings.HasPrefix(err.Error(), "root_dir: ") {
		t.Errorf("%s: %v", root, err)
	}
}
