package e2e

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
)

// A master's answer does not reach the terminal unquoted, neither in the log nor in the
// program's final error.
func TestAnswersAreQuoted(t *testing.T) {
	const evil, quoted = "\x1b[31mred\rE0101 forged\x07", `\x1b[31mred\rE0101 forged\a`
	var refuses atomic.Bool
	master := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status := http.StatusServiceUnavailable // to be retried
		if refuses.Load() {
			status = http.StatusBadRequest
		}
		w.WriteHeader(status)
		io.WriteString(w, evil)
	}))
	defer master.Close()
	c := cluster.Start(t, cluster.Config{Master: master.Listener.Addr().String(), Args: []string{"-executor_uri=" + cluster.Binary("executor_runner")}})
	c.Process().Await(30*time.Second, "a line about the master's answer", func() bool { return strings.Contains(c.Process().Output(), quoted) })
	refuses.Store(true)
	code, output := c.Process().Wait()
	if last := output[strings.LastIndex(output, "framework_runner:"):]; code != 1 || !strings.Contains(last, quoted) {
		t.Errorf("it ends with %d and %q, want 1 and what the master said, quoted", code, last)
	}
	if strings.ContainsAny(output, "\x1b\r\a") {
		t.Errorf("the output has control characters: %q", output)
	}
}
