package mesostest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// release is a version of Mesos, as far as it matters here: 1.4 is {1, 4}.
type release struct{ major, minor int }

func (r release) String() string { return fmt.Sprintf("%d.%d", r.major, r.minor) }

func (r release) before(major, minor int) bool {
	return r.major < major || r.major == major && r.minor < minor
}

// release asks the master for its release.
func (target Target) release(t *testing.T) (r release) {
	t.Helper()
	answer, err := http.Get("http://" + target.Master + "/version")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var page struct{ Version string }
	if err := json.NewDecoder(answer.Body).Decode(&page); err != nil {
		t.Fatalf("/version: %v", err)
	}
	if _, err := fmt.Sscanf(page.Version, "%d.%d", &r.major, &r.minor); err != nil {
		t.Fatalf("/version is %q: %v", page.Version, err)
	}
	return r
}

// as returns the state that this release reports for what later ones call s: before
// 1.1 there was no PARTITION_AWARE, and everything lost is TASK_LOST.
func (r release) as(s mesospb.TaskState) mesospb.TaskState {
	switch s {
	case mesospb.TaskState_TASK_DROPPED, mesospb.TaskState_TASK_UNREACHABLE, mesospb.TaskState_TASK_GONE,
		mesospb.TaskState_TASK_GONE_BY_OPERATOR, mesospb.TaskState_TASK_UNKNOWN:
		if r.before(1, 1) {
			return mesospb.TaskState_TASK_LOST
		}
	}
	return s
}

// since runs a case on releases that have the feature, and reports it as not
// applicable on older ones.
func since(major, minor int, run func(*testing.T, Target)) func(*testing.T, Target) {
	return func(t *testing.T, target Target) {
		if r := target.release(t); r.before(major, minor) {
			t.Skipf("not applicable to Mesos %v: it is there since %d.%d", r, major, minor)
		}
		run(t, target)
	}
}
