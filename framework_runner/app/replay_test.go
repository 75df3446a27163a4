package app

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const recorded = "../../scheduler/testdata/recording.jsonl"

func replayed(t *testing.T, args ...string) (string, error) {
	t.Helper()
	o, err := parse(append([]string{"-replay=" + recorded}, args...), &bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err = replay(t.Context(), o, &out)
	return out.String(), err
}

// With the policy of its time, named or not, a recording is decided once more; with another,
// what would have become of its pods is told.
func TestReplay(t *testing.T) {
	config := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(config, []byte("apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\nprofiles: [{schedulerName: default-scheduler}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		args string
		want []string
	}{
		{"", []string{" 0 steps differ from the recording\n"}},
		{"-pod_order=fcfs -agent_choice=spread", []string{" 0 steps differ from the recording\n"}},
		{"-agent_choice=binpack", []string{"as recorded  ", "simulated: fcfs, spread  ", "simulated: fcfs, binpack  ", " pods fare otherwise\n"}},
		{"-pod_order=fair", []string{"simulated: fair, spread  ", "0 of 5 pods fare otherwise\n"}},
		{"-scheduler_config=" + config, []string{"simulated: fcfs, spread  ", "simulated: fcfs, spread, " + config}},
	} {
		got, err := replayed(t, strings.Fields(row.args)...)
		for _, want := range row.want {
			if err != nil || !strings.Contains(got, want) {
				t.Errorf("%s: %v, %q is not in\n%s", row.args, err, want, got)
			}
		}
	}
}

// A recording with plugins that are not known cannot be decided once more.
func TestReplayNeedsThePlugins(t *testing.T) {
	b, err := os.ReadFile(recorded)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "recording")
	if err := os.WriteFile(file, []byte(strings.Replace(string(b), `"Version":1`, `"Version":1,"Plugins":"abc"`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := replayed(t, "-replay="+file); err == nil || !strings.Contains(err.Error(), "SHA-256 abc") {
		t.Errorf("%v\n%s", err, got)
	}
}
