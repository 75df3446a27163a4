package node

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opencontainers/cgroups"
)

func TestContainment(t *testing.T) {
	t.Parallel()
	const id = "0a7c1f1c-6b1f-4d6e-9d6e-3b1f0d0e8f11"
	for name, c := range map[string]struct {
		groups    string
		container string
		want      string
		err       string
	}{
		"Mesos on version 1": {"9:pids:/\n4:memory:/mesos/" + id + "\n2:cpu,cpuacct:/mesos/" + id + "\n0::/\n", id, "/mesos/" + id, ""},
		"another root":       {"4:memory:/system/mesos/" + id + "\n", id, "/system/mesos/" + id, ""},
		"cpu only":           {"4:memory:/user.slice\n2:cpu,cpuacct:/mesos/" + id + "\n", id, "/mesos/" + id, ""},
		"a command in it":    {"4:memory:/mesos/" + id + "/executor\n", id, "/mesos/" + id, ""},
		"version 2":          {"0::/mesos/" + id + "/leaf\n", id, "/mesos/" + id, ""},
		"version 2, in use":  {"0::/mesos/" + id + "\n", id, "", "version 2"},
		"version 2, none":    {"0::/system.slice/mesos-agent.service\n", id, "", "isolators"},
		"freezer only":       {"6:freezer:/mesos/" + id + "\n4:memory:/\n2:cpu,cpuacct:/\n0::/mesos/" + id + "/leaf\n", id, "", "isolators"},
		"another container":  {"4:memory:/mesos/" + id + "\n", id[1:], "", "isolators"},
		"no sandbox":         {"4:memory:/mesos/" + id + "\n", ".", "", "MESOS_DIRECTORY"},
		"own namespace":      {"4:memory:/\n0::/\n", id, "", "isolators"},
		"no groups":          {"", id, "", "isolators"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "cgroup")
			if err := os.WriteFile(file, []byte(c.groups), 0o600); err != nil {
				t.Fatal(err)
			}
			groups, err := cgroups.ParseCgroupFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got, err := containment(groups, c.container)
			if got != c.want || (err != nil) != (c.err != "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("got %q, %v; want %q, %q", got, err, c.want, c.err)
			}
		})
	}
}
