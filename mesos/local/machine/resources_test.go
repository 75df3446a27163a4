package machine

import (
	"os"
	"strings"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

// Agents share the ports without overlap, and each has what is given instead of what the
// machine has.
func TestResources(t *testing.T) {
	t.Parallel()
	for agents := 1; agents <= 7; agents++ {
		all, err := Resources("cpus:3;gpus:1", agents, t.TempDir())
		if err != nil || len(all) != agents {
			t.Fatal(len(all), err)
		}
		next := uint64(firstPort)
		for i, rs := range all {
			ports := resources.Ports(rs)
			if len(ports) != 1 || ports[0].Begin != next {
				t.Errorf("agent %d of %d has the ports %v, want them from %d", i, agents, ports, next)
			}
			next = ports[0].End + 1
			if cpus, gpus := resources.Scalar(rs, "cpus"), resources.Scalar(rs, "gpus"); cpus != 3000 || gpus != 1000 {
				t.Errorf("agent %d has cpus %d and gpus %d", i, cpus, gpus)
			}
			if resources.Scalar(rs, "mem") <= 0 || resources.Scalar(rs, "disk") <= 0 {
				t.Errorf("agent %d has %s", i, resources.Format(rs))
			}
		}
		if next != lastPort+1 {
			t.Errorf("%d agents have the ports up to %d", agents, next-1)
		}
	}
	own, err := Resources("ports:[1-2];mem:5;disk:6;cpus:1", 2, "/nowhere")
	if err != nil || resources.Format(own[0]) != resources.Format(own[1]) || resources.Ports(own[1])[0].End != 2 {
		t.Errorf("%v, %v", own, err)
	}
}

func TestResourcesErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text    string
		agents  int
		workDir string
		want    string
	}{
		{"cpus:many", 1, os.TempDir(), "many"},
		{"", lastPort - firstPort + 2, os.TempDir(), "more agents than ports"},
		{"", 1, "/no/such/directory", "disk of this machine"},
	} {
		if _, err := Resources(c.text, c.agents, c.workDir); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q for %d agents at %s: %v, want %q", c.text, c.agents, c.workDir, err, c.want)
		}
	}
}
