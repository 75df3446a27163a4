package v1beta1

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestReplay plays exchanges recorded from Kubernetes 0.14.2 against a fresh
// server (framework_runner -mesos_master=none -controllers=none
// -service_cluster_ip_range=10.10.10.0/24), named by V1BETA1_SERVER, when the
// recordings are beside the repository.
func TestReplay(t *testing.T) {
	server := os.Getenv("V1BETA1_SERVER")
	if server == "" {
		t.Skip("V1BETA1_SERVER names no server")
	}
	shared := filepath.Join("..", "..", "..", "shared")
	cases := filepath.Join(shared, "data", "v1beta1", "cases-public.jsonl")
	if _, err := os.Stat(cases); err != nil {
		t.Skipf("no recordings: %v", err)
	}
	out, err := exec.CommandContext(t.Context(), "python3", filepath.Join(shared, "tools", "replay", "replay.py"), server, "--cases", cases).CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Errorf("replay: %v", err)
	}
}
