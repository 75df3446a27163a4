package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
)

// checks is the number of external security checks, S1 to S57.
const checks = 57

// Every attack is refused or explained, and none is left out.
func TestAttacks(t *testing.T) {
	cmd := exec.Command("scripts/attack.sh")
	cmd.Dir = cluster.Root()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
	for i := range checks {
		if id := fmt.Sprintf(" S%d ", i+1); !strings.Contains(string(out), id) {
			t.Errorf("no row says what becomes of%s", id)
		}
	}
}

// An attack that gets through makes the script fail, and so does one that prints more
// than expected.
func TestAttackThatGetsThrough(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		says string
		code int
	}{{"403", 0}, {"200", 1}, {"403 and more", 1}, {"", 1}} {
		cmd := exec.Command("bash", "-c", `. scripts/attack/row.sh; row X "an attack" 403 echo "$SAYS"; summary`)
		cmd.Dir = cluster.Root()
		cmd.Env = append(os.Environ(), "SAYS="+c.says)
		out, err := cmd.CombinedOutput()
		if got := cmd.ProcessState.ExitCode(); got != c.code {
			t.Errorf("an attack that is answered with %q: the script ends with %d, %v, want %d\n%s", c.says, got, err, c.code, out)
		}
	}
}
