package pause

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// waitAsleep returns once process pid sleeps, which pause does only while it waits for
// signals.
func waitAsleep(t *testing.T, pid int) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for time.Now().Before(deadline) {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(status), "State:\tS") {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("pause never slept")
}
