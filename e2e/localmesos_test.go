package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
	v1 "k8s.io/api/core/v1"
)

// A Mesos inside framework_runner authenticates it and its executors by secrets that no
// user knows. Another user of the machine, who can look up every id, cannot pass as
// either.
func TestInProcessMesosRefusesNobody(t *testing.T) {
	c := cluster.Start(t, cluster.Config{Args: []string{"-mesos_authentication_principal=", "-mesos_authentication_secret_file="}})
	create(t, c, webPod("rightful", "0.2"))
	awaitPhase(t, c, "rightful", v1.PodRunning)
	resp, err := http.Get("http://" + c.MesosAddr + "/state")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var state struct {
		Slaves     []struct{ PID string }
		Frameworks []struct {
			ID        string
			Executors []struct {
				ID string `json:"executor_id"`
			}
		}
	}
	if err := json.NewDecoder(resp.Body).Decode(&state); err != nil {
		t.Fatal(err)
	}
	f := state.Frameworks[0]
	_, agent, _ := strings.Cut(state.Slaves[0].PID, "@")
	for _, call := range []struct{ who, url, body string }{
		{"framework", c.MesosAddr + "/api/v1/scheduler", fmt.Sprintf(`{"type":"SUBSCRIBE","framework_id":{"value":%q},
			"subscribe":{"framework_info":{"user":"root","name":"n","id":{"value":%[1]q}}}}`, f.ID)},
		{"executor", agent + "/api/v1/executor", fmt.Sprintf(`{"type":"SUBSCRIBE","framework_id":{"value":%q},
			"executor_id":{"value":%q},"subscribe":{}}`, f.ID, f.Executors[0].ID)},
	} {
		curl := exec.Command("curl", "-s", "-w", "\n%{http_code}", "--max-time", "30", "-H", "Content-Type: application/json", "-d", call.body, call.url)
		curl.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		curl.Dir = "/"
		out, err := curl.Output()
		if err != nil || !strings.HasSuffix(string(out), "\n401") {
			t.Errorf("nobody as the %s: %s, %v", call.who, out, err)
		}
	}
}
