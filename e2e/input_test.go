package e2e

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
)

func answers(url string) bool {
	resp, err := http.Get(url)
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// Bad input is answered with a v1beta1 Status that says what is wrong and where; nothing
// is stored and nothing is damaged.
func TestBadInput(t *testing.T) {
	c := cluster.Start(t, cluster.Config{Master: "none"})
	good, err := os.ReadFile(filepath.Join(cluster.Root(), "examples/pod.json"))
	if err != nil {
		t.Fatal(err)
	}
	with := func(old, new string) string {
		if !strings.Contains(string(good), old) {
			t.Fatalf("the example does not contain %q", old)
		}
		return strings.Replace(string(good), old, new, 1)
	}
	for _, row := range []struct {
		name, body string
		code       int
		says       string // in the message
	}{
		{"malformed JSON", `{"kind": "Pod", `, 400, "JSON"},
		{"not JSON at all", `hello`, 400, "JSON"},
		{"unknown kind", with(`"kind": "Pod"`, `"kind": "Pony"`), 400, "Pony"},
		{"wrong apiVersion", with(`"apiVersion": "v1beta1"`, `"apiVersion": "v7"`), 400, "v7"},
		{"empty body", ``, 400, "empty"},
		{"10 MB", with(`"name": "foo"`, `"name": "`+strings.Repeat("x", 10<<20)+`"`), 413, "large"},
		{"invalid name", with(`"id": "php",
  "desired`, `"id": "Not A Name",
  "desired`), 422, "Not A Name"},
	} {
		t.Run(row.name, func(t *testing.T) {
			code, body := c.Do("POST", "/api/v1beta1/pods", []byte(row.body))
			wantStatus(t, code, body, row.code, row.says)
		})
	}
	if pods := list(t, c); len(pods) != 0 {
		t.Errorf("%d pods were stored", len(pods))
	}

	if code, body := c.Do("POST", "/api/v1beta1/pods", good); code/100 != 2 {
		t.Fatalf("a good pod was answered %d %s", code, body)
	}
	code, body := c.Do("POST", "/api/v1beta1/pods", good)
	wantStatus(t, code, body, 409, "php")
	code, body = c.Do("GET", "/api/v1beta1/pods/nobody", nil)
	wantStatus(t, code, body, 404, "nobody")
	code, body = c.Do("GET", "/api/v1beta1/ponies", nil)
	wantStatus(t, code, body, 404, "")
}

func wantStatus(t *testing.T, code int, body []byte, want int, says string) {
	t.Helper()
	var status struct {
		Kind, APIVersion, Status, Message string
		Code                              int
	}
	if err := json.Unmarshal(body, &status); err != nil {
		t.Fatalf("%d with no JSON: %s", code, body)
	}
	if code != want || status.Code != want || status.Kind != "Status" || status.APIVersion != "v1beta1" || status.Status != "Failure" {
		t.Errorf("answered %d %s; want a v1beta1 Status of code %d", code, body, want)
	}
	if !strings.Contains(status.Message, says) {
		t.Errorf("the message %q does not speak of %q", status.Message, says)
	}
}

// Bad flags end the program with exit code 2 and one line that names the flag and the
// fix.
func TestBadFlags(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	takenPort := fmt.Sprint(taken.Addr().(*net.TCPAddr).Port)
	other := cluster.Start(t, cluster.Config{Master: "none"})
	free := func() string { return fmt.Sprint(cluster.FreePort(t)) }

	for _, row := range []struct {
		name string
		args []string
		says []string
	}{
		{"unknown master", []string{"-mesos_master=carrier-pigeon"}, []string{"-mesos_master", "carrier-pigeon"}},
		{"too many local agents", []string{"-mesos_master=local(5000)"}, []string{"-mesos_master", "5000"}},
		{"unknown flag", []string{"-no_such_flag"}, []string{"no_such_flag"}},
		{"stray argument", []string{"start"}, []string{"start"}},
		{"unreadable secret file", []string{"-mesos_authentication_principal=p", "-mesos_authentication_secret_file=/nowhere/secret"}, []string{"-mesos_authentication_secret_file", "/nowhere/secret"}},
		{"port in use", []string{"-mesos_master=none", "-port=" + takenPort}, []string{"-port", takenPort}},
		{"secure port in use", []string{"-mesos_master=none", "-secure_port=" + takenPort}, []string{"-secure_port", takenPort}},
		{"data directory in use", []string{"-mesos_master=none", "-data_dir=" + other.DataDir}, []string{"-data_dir", other.DataDir}},
		{"no executor", []string{"-executor_uri=/nowhere/executor_runner"}, []string{"-executor_uri", "/nowhere/executor_runner"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			// If a flag is given twice, the last one counts.
			args := append([]string{"-port=" + free(), "-secure_port=" + free(), "-data_dir=" + t.TempDir(), "-local_address=127.0.0.1:" + free()}, row.args...)
			code, output := cluster.Run(t, cluster.Binary("framework_runner"), args...).Wait()
			lines := strings.Split(strings.TrimSpace(output), "\n")
			last := lines[len(lines)-1]
			if code != 2 || !containsAll(last, row.says) || len(lines) > 1 {
				t.Errorf("exit code %d, output:\n%s\nwant exit code 2 and one line that names %q", code, output, row.says)
			}
		})
	}
}
