package archtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The check for vulnerabilities passes if its database is unreachable, saying how to make
// it, and otherwise ends as govulncheck does.
func TestVulnerabilityCheck(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, curl, govulncheck string
		fails                   bool
		says                    string
	}{
		{"out of reach", "exit 6", "exit 9", false, "go run golang.org/x/vuln/cmd/govulncheck@"},
		{"clean", "exit 0", "echo no findings", false, "no findings"},
		{"a finding", "exit 0", "echo GO-2026-0001; exit 3", true, "GO-2026-0001"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for name, script := range map[string]string{"curl": tt.curl, "go": tt.govulncheck} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			cmd := exec.Command(root + "/scripts/vulnerabilities.sh")
			cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
			out, err := cmd.CombinedOutput()
			if (err != nil) != tt.fails || !strings.Contains(string(out), tt.says) {
				t.Errorf("%v, says %q", err, out)
			}
		})
	}
}
