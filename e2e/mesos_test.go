package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
)

// task is a task on a master's state page.
type task struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	State       string `json:"state"`
	FrameworkID string `json:"framework_id"`
	SlaveID     string `json:"slave_id"`
}

// framework is a framework on a master's state page.
type framework struct {
	WebUI string `json:"webui_url"`
	ID    string `json:"id"`
	Name  string `json:"name"`
	Tasks []task `json:"tasks"`
	Ended []task `json:"completed_tasks"`
}

// frameworks reads the master's state page.
func frameworks(t testing.TB, addr string) []framework {
	t.Helper()
	all, err := askFrameworks(addr)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// askFrameworks is like frameworks, for a master that may be away.
func askFrameworks(addr string) ([]framework, error) {
	resp, err := http.Get("http://" + addr + "/state")
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var state struct {
		Frameworks []framework `json:"frameworks"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&state); err != nil {
		return nil, fmt.Errorf("state page of %s: %w", addr, err)
	}
	return state.Frameworks, nil
}

// liveTasks lists the tasks that have not ended, of every framework.
func liveTasks(t testing.TB, addr string) []task {
	t.Helper()
	var live []task
	for _, f := range frameworks(t, addr) {
		live = append(live, f.Tasks...)
	}
	return live
}

// allTasks lists every task that the master remembers.
func allTasks(t testing.TB, addr string) []task {
	t.Helper()
	var all []task
	for _, f := range frameworks(t, addr) {
		all = append(append(all, f.Tasks...), f.Ended...)
	}
	return all
}
