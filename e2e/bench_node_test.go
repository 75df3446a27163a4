package e2e

import (
	"context"
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	dockerapi "github.com/fsouza/go-dockerclient"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim/pause"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
)

// BenchmarkPods measures pods on an agent with a running executor, one and 30 at a
// time. It compares them with the equivalent bare calls of Docker's API (a pod is two
// containers), made alternately and as many at a time, with Docker's bridge and without a
// network. The goals, with the bridge: 1.2 times the bare calls until one pod runs, as
// long until 30 do.
func BenchmarkPods(b *testing.B) {
	for range b.N {
		c := cluster.Start(b, cluster.Config{Args: roomy})
		runAll(b, c, "first", 1)
		bare := newBare(b)
		for _, group := range []struct{ pods, rounds int }{{1, 15}, {30, 2}} {
			var run, gone, bareRun, bareGone, unconnected []time.Duration
			for range group.rounds {
				run = append(run, runAll(b, c, "web", group.pods))
				gone = append(gone, deleteAll(b, c, "web", group.pods))
				started, removed := bare.round(group.pods, "bridge")
				bareRun, bareGone = append(bareRun, started), append(bareGone, removed)
				started, _ = bare.round(group.pods, "none")
				unconnected = append(unconnected, started)
			}
			suffix := fmt.Sprintf("-%d-pods", group.pods)
			b.ReportMetric(mean(run).Seconds(), "s-to-running"+suffix)
			b.ReportMetric(mean(run).Seconds()/mean(bareRun).Seconds(), "x-bare-to-running"+suffix)
			b.ReportMetric(mean(run).Seconds()/mean(unconnected).Seconds(), "x-bare-without-network-to-running"+suffix)
			b.ReportMetric(percentile(run, 95).Seconds(), "s-to-running-p95"+suffix)
			b.ReportMetric(mean(gone).Seconds(), "s-to-gone"+suffix)
			b.ReportMetric(mean(gone).Seconds()/mean(bareGone).Seconds(), "x-bare-to-gone"+suffix)
		}
		c.Stop()
	}
}

// BenchmarkRest measures what 30 idle pods cost their executor. The goals: 2 % of a
// core and 150 MB.
func BenchmarkRest(b *testing.B) {
	for range b.N {
		c := cluster.Start(b, cluster.Config{Args: roomy})
		runAll(b, c, "web", 30)
		executor := executorPID(b, c)
		settle()
		b.ReportMetric(percentOfCore(b, executor, time.Minute), "%-of-a-core")
		b.ReportMetric(rss(b, executor), "MB")
		c.Stop()
	}
}

// settle waits for what follows a start of pods: their statuses and events, and the
// kubelet's first periodic work. There is no condition to wait for.
func settle() { time.Sleep(20 * time.Second) }

// percentOfCore returns how much of a core a process uses during d.
func percentOfCore(b *testing.B, pid int, d time.Duration) float64 {
	b.Helper()
	const tick = 10 * time.Millisecond // USER_HZ is 100 on every architecture that Docker runs on
	used := func() time.Duration {
		fields := stat(pid)
		if fields == nil {
			b.Fatalf("process %d is gone", pid)
		}
		user, _ := strconv.Atoi(fields[11])
		system, _ := strconv.Atoi(fields[12])
		return time.Duration(user+system) * tick
	}
	began, before := time.Now(), used()
	time.Sleep(d)
	return 100 * (used() - before).Seconds() / time.Since(began).Seconds()
}

// deleteAll deletes n pods at once and waits until none is left.
func deleteAll(b *testing.B, c *cluster.Cluster, name string, n int) time.Duration {
	b.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	pods := c.Client.CoreV1().Pods("default")
	seen, err := pods.Watch(ctx, metav1.ListOptions{})
	if err != nil {
		b.Fatal(err)
	}
	defer seen.Stop()
	began := time.Now()
	for i := range n {
		if err := pods.Delete(ctx, fmt.Sprintf("%s-%d", name, i), metav1.DeleteOptions{}); err != nil {
			b.Fatal(err)
		}
	}
	left := n
	for event := range seen.ResultChan() {
		if event.Type == watch.Deleted {
			left--
		}
		if left == 0 {
			return time.Since(began)
		}
	}
	b.Fatalf("%d of %d pods are not gone", left, n)
	return 0
}

// bare is Docker without us.
type bare struct {
	*testing.B
	client *dockerapi.Client
	pause  string // sandbox image; loaded by the first pod
}

func newBare(b *testing.B) *bare {
	sandbox, err := pause.New(runtime.GOARCH)
	if err != nil {
		b.Fatal(err)
	}
	client, err := dockerapi.NewClient("unix:///var/run/docker.sock")
	if err != nil {
		b.Fatal(err)
	}
	return &bare{B: b, client: client, pause: sandbox.Name}
}

// round starts n pods' containers with a network, all pods at once, and ends them like a
// pod: the container with a second to stop, then the sandbox. It removes both.
func (b *bare) round(n int, network string) (started, removed time.Duration) {
	ids := make([][2]string, n)
	began := time.Now()
	b.each(n, func(i int) error {
		for k, c := range []struct{ image, network string }{{b.pause, network}, {image, "container:"}} {
			if k > 0 {
				c.network += ids[i][0]
			}
			made, err := b.client.CreateContainer(dockerapi.CreateContainerOptions{
				Config:     &dockerapi.Config{Image: c.image},
				HostConfig: &dockerapi.HostConfig{NetworkMode: c.network},
			})
			if err != nil {
				return err
			}
			ids[i][k] = made.ID
			if err := b.client.StartContainer(made.ID, nil); err != nil {
				return err
			}
		}
		return nil
	})
	started = time.Since(began)
	began = time.Now()
	b.each(n, func(i int) error {
		for _, id := range []string{ids[i][1], ids[i][0]} {
			if err := b.client.StopContainer(id, 1); err != nil {
				return err
			}
			if err := b.client.RemoveContainer(dockerapi.RemoveContainerOptions{ID: id, Force: true}); err != nil {
				return err
			}
		}
		return nil
	})
	return started, time.Since(began)
}

func (b *bare) each(n int, do func(int) error) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			if err := do(i); err != nil {
				b.Error(err)
			}
		})
	}
	all.Wait()
}
