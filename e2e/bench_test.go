package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The benchmarks measure what a user notices. Each runs once (-benchtime 1x); run
// them with `make bench` on an idle machine.

// roomy is one local agent with room for every benchmark's pods.
var roomy = []string{"-local_resources=cpus:16;mem:16384;disk:10000;ports:[31000-31999]"}

// BenchmarkReady measures the time from the start of framework_runner to a ready API
// server, and the memory that both programs use.
func BenchmarkReady(b *testing.B) {
	for range b.N {
		var ready []time.Duration
		c := cluster.Start(b, cluster.Config{Args: roomy})
		ready = append(ready, c.Ready)
		for range 4 {
			c.Stop()
			c.Restart()
			ready = append(ready, c.Ready)
		}
		b.ReportMetric(median(ready).Seconds(), "s-to-ready")
		b.ReportMetric(rss(b, c.Process().PID()), "MB-framework_runner-at-rest")

		runAll(b, c, "first", 1)
		b.ReportMetric(rss(b, executorPID(b, c)), "MB-executor_runner-1-pod")
		runAll(b, c, "web", 29)
		b.ReportMetric(rss(b, c.Process().PID()), "MB-framework_runner-30-pods")
		b.ReportMetric(rss(b, executorPID(b, c)), "MB-executor_runner-30-pods")
		c.Stop()
	}
}

// BenchmarkOriginal repeats the two cases measured with the original (v0.5 on Mesos
// 1.0.4, one agent, a similar machine): 10 pods one after another took 6.2 s each, 50
// pods at once 323 s. It also prints the lower bound: what Docker alone takes for as
// many containers, four at a time.
func BenchmarkOriginal(b *testing.B) {
	for range b.N {
		c := cluster.Start(b, cluster.Config{Args: append(roomy, "-default_container_cpu=0.1")})
		var each []time.Duration
		for i := range 10 {
			each = append(each, postToRunning(b, c, fmt.Sprintf("one-%d", i)))
		}
		b.ReportMetric(mean(each).Seconds(), "s-each-of-10-pods")
		b.ReportMetric(6.2, "s-each-of-10-pods-original")
		b.ReportMetric(runAll(b, c, "many", 50).Seconds(), "s-50-pods-at-once")
		b.ReportMetric(323, "s-50-pods-at-once-original")
		b.ReportMetric(bareContainers(b, 100).Seconds(), "s-100-bare-docker-runs")
		c.Stop()
	}
}

// BenchmarkV1beta1 compares the old door with /api/v1 on the same server: lists of 500
// pods, POSTs, and an event to 100 watchers. The benchmarks of package v1beta1, which
// need a server, print the figures.
func BenchmarkV1beta1(b *testing.B) {
	for range b.N {
		c := cluster.Start(b, cluster.Config{Master: "none", Args: []string{"-controllers=none"}})
		cmd := exec.Command("go", "test", "-vet=off", "-run", "^$", "-bench", "List500|Post|Watch", "./api/v1beta1")
		cmd.Dir = cluster.Root()
		cmd.Env = append(os.Environ(), "V1BETA1_SERVER="+c.URL(), "CGO_ENABLED=0", "GOFLAGS=-trimpath")
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		if err := cmd.Run(); err != nil {
			b.Error(err)
		}
		c.Stop()
	}
}

// postToRunning creates a pod and waits, with a watch, until it runs.
func postToRunning(b *testing.B, c *cluster.Cluster, name string) time.Duration {
	b.Helper()
	return runPods(b, c, []string{name})
}

// runAll creates n pods at once and waits until all run.
func runAll(b *testing.B, c *cluster.Cluster, name string, n int) time.Duration {
	b.Helper()
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("%s-%d", name, i))
	}
	return runPods(b, c, names)
}

func runPods(b *testing.B, c *cluster.Cluster, names []string) time.Duration {
	b.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	watch, err := c.Client.CoreV1().Pods("default").Watch(ctx, metav1.ListOptions{})
	if err != nil {
		b.Fatal(err)
	}
	defer watch.Stop()
	waiting := map[string]bool{}
	began := time.Now()
	for _, name := range names {
		waiting[name] = true
		create(b, c, webPod(name, "0.1"))
	}
	for event := range watch.ResultChan() {
		pod, is := event.Object.(*v1.Pod)
		if is && pod.Status.Phase == v1.PodRunning {
			delete(waiting, pod.Name)
		}
		if len(waiting) == 0 {
			return time.Since(began)
		}
	}
	b.Fatalf("%d of %d pods do not run", len(waiting), len(names))
	return 0
}

// bareContainers returns how long Docker takes for n containers, four at a time.
func bareContainers(b *testing.B, n int) time.Duration {
	b.Helper()
	began := time.Now()
	ids := make([]string, n)
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for i := worker; i < n; i += 4 {
				out, err := exec.Command("docker", "run", "-d", image).Output()
				if err != nil {
					b.Errorf("docker run: %v", err)
					return
				}
				ids[i] = strings.TrimSpace(string(out))
			}
		})
	}
	wg.Wait()
	took := time.Since(began)
	docker(b, append([]string{"rm", "-f"}, ids...)...)
	return took
}
