package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
)

// On an empty directory, a pod can always be created from the first 200 on.
// FIRST_STARTS is how many times that is tried; the default is 5.
func TestFirstStart(t *testing.T) {
	starts := 5
	if text := os.Getenv("FIRST_STARTS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		starts = n
	}
	for i := range starts {
		firstStart(t, i)
	}
}

func firstStart(t *testing.T, round int) {
	port := cluster.FreePort(t)
	base := fmt.Sprintf("http://127.0.0.1:%d", port)
	p := cluster.Run(t, cluster.Binary("framework_runner"), "-mesos_master=none", "-data_dir="+t.TempDir(),
		fmt.Sprint("-port=", port), fmt.Sprint("-secure_port=", cluster.FreePort(t)))
	defer p.Stop()
	early := 0
	p.Await(soon, "the first 200", func() bool {
		code, header, body := ask(t, http.MethodGet, base+"/api/v1beta1/pods", "")
		if code == http.StatusServiceUnavailable {
			early++
			if header.Get("Retry-After") == "" || !strings.Contains(body, `"apiVersion": "v1beta1"`) {
				t.Errorf("round %d: refused without Retry-After or not in v1beta1: %v\n%s", round, header, body)
			}
			if health, _, _ := ask(t, http.MethodGet, base+"/healthz", ""); health == http.StatusOK {
				if code, _, _ := ask(t, http.MethodGet, base+"/api/v1/pods", ""); code != http.StatusOK {
					t.Errorf("round %d: /healthz says 200, and after it pods %d", round, code)
				}
			}
		}
		return code == http.StatusOK
	})
	pod := `{"kind": "Pod", "apiVersion": "v1beta1", "id": "first", "desiredState": {"manifest": {"version": "v1beta1", "id": "first", "containers": [{"name": "c", "image": "busybox"}]}}}`
	if code, _, body := ask(t, http.MethodPost, base+"/api/v1beta1/pods", pod); code != http.StatusCreated {
		t.Errorf("round %d: a pod at the first 200: %d\n%s", round, code, body)
	}
	t.Logf("round %d: %d requests came too early", round, early)
}

// ask makes one request; code 0 means no answer.
func ask(t *testing.T, method, url, body string) (int, http.Header, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Timeout: 10 * time.Second}
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil, ""
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, nil, ""
	}
	return resp.StatusCode, resp.Header, string(answer)
}
