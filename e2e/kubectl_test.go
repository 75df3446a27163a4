package e2e

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
	v1 "k8s.io/api/core/v1"
)

// The current kubectl works on the local port without any configuration.
func TestKubectl(t *testing.T) {
	c := cluster.Start(t, cluster.Config{})
	withInput := func(stdin string, args ...string) string {
		t.Helper()
		cmd := exec.Command(filepath.Join(cluster.Root(), "bin/kubectl"), append([]string{"-s", c.URL()}, args...)...)
		cmd.Dir, cmd.Stdin = cluster.Root(), strings.NewReader(stdin)
		cmd.Env = []string{"HOME=" + t.TempDir(), "PATH=/usr/bin:/bin"}
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("kubectl %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return string(out)
	}
	kubectl := func(args ...string) string {
		t.Helper()
		return withInput("", args...)
	}
	expect := func(out string, want ...string) {
		t.Helper()
		if !containsAll(out, want) {
			t.Errorf("the output does not contain all of %q:\n%s", want, out)
		}
	}

	expect(kubectl("apply", "-f", "examples/pod.yaml"), "pod/web created")
	awaitPhase(t, c, "web", v1.PodRunning)
	running := time.Now()
	expect(kubectl("top", "nodes", "--no-headers"), "m ", "Mi ")
	expect(kubectl("top", "pods", "--containers", "--no-headers"), "web ", "nginx", "m ", "Mi")
	if took := time.Since(running); took > 30*time.Second {
		t.Errorf("the first figures of a pod took %v", took)
	}
	expect(kubectl("api-resources", "--api-group=metrics.k8s.io"), "NodeMetrics", "PodMetrics")
	expect(kubectl("get", "clusterrole", "view", "-o", "yaml"), "metrics.k8s.io")
	expect(kubectl("get", "pods,nodes", "-o", "wide"), "pod/web", "1/1", "Running", "node/", "Ready", "docker://")
	components := kubectl("get", "cs")
	expect(components, "scheduler", "controller-manager", "etcd-0")
	if n := strings.Count(components, " Healthy "); n != 3 {
		t.Errorf("%d components are healthy, want 3:\n%s", n, components)
	}
	expect(kubectl("describe", "pod", "web"), "Scheduled", "Started", "PodScheduled")
	expect(kubectl("apply", "-f", "examples/pod.yaml"), "pod/web unchanged")
	expect(kubectl("get", "--raw", "/version"), `"gitVersion": "v1.36.3"`)
	expect(kubectl("delete", "pod", "web"), "deleted")
	awaitGone(t, c, "web")
	showsPulls(t, c)
	scalesItself(t, c, withInput)
}
