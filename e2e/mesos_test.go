package e2e

import (
	"encoding/json"
	"net/http"
	"testing"
)

// task is what a master's state page says of a task.
type task struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	State       string `json:"state"`
	FrameworkID string `json:"framework_id"`
	SlaveID     string `json:"slave_id"`
}

// framework is what a master's state page says of a framework.
type framework struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Tasks []task `json:"tasks"`
	Ended []task `json:"completed_tasks"`
}

// frameworks reads the master's state page.
func frameworks(t testing.TB, addr string) []framework {
	t.Helper()
	resp, err := http.Get("http://" + addr + "/state")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var state struct {
		Frameworks []framework `json:"frameworks"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&state); err != nil {
		t.Fatalf("state page of %s: %v", addr, err)
	}
	return state.Frameworks
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
