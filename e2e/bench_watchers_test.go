package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
)

const (
	benchWatchers = 1000
	benchPods     = 100
	benchPodSize  = 20000
)

// BenchmarkWatchers measures what framework_runner spends on 1,000 watchers while 100
// pods of 20 kB are created, once with v1 and once with v1beta1: an event is translated
// once, so the two should differ by a quarter at most.
func BenchmarkWatchers(b *testing.B) {
	for range b.N {
		spent := map[string]float64{}
		for _, version := range []string{"v1", "v1beta1"} {
			c := cluster.Start(b, cluster.Config{Master: "none", Args: []string{"-controllers=none"}})
			spent[version] = spentOnWatchers(b, c, "/api/"+version+"/watch/pods")
			b.ReportMetric(spent[version], "cpu-s-"+version)
			b.ReportMetric(rss(b, c.Process().PID()), "MB-"+version)
			c.Stop()
		}
		b.ReportMetric(spent["v1beta1"]/spent["v1"], "v1beta1-of-v1")
	}
}

// spentOnWatchers returns the processor time in seconds from the first pod's
// creation to the moment when all watchers have seen all pods.
func spentOnWatchers(b *testing.B, c *cluster.Cluster, path string) float64 {
	b.Helper()
	var seen atomic.Int64
	all := make(chan struct{})
	var readers sync.WaitGroup
	for range benchWatchers {
		resp, err := http.Get(c.URL() + path)
		if err != nil || resp.StatusCode != http.StatusOK {
			b.Fatalf("watch: %v %v", resp, err)
		}
		readers.Go(func() {
			lines := bufio.NewReader(resp.Body)
			for {
				line, err := lines.ReadSlice('\n')
				added := bytes.HasPrefix(line, []byte(`{"type":"ADDED"`))
				for err == bufio.ErrBufferFull {
					_, err = lines.ReadSlice('\n')
				}
				if err != nil {
					return
				}
				if added && seen.Add(1) == benchWatchers*benchPods {
					close(all)
				}
			}
		})
		defer resp.Body.Close()
	}
	before := cpuSeconds(b, c.Process().PID())
	for i := range benchPods {
		pod := fmt.Sprintf(`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"w%d","annotations":{"a":%q}},"spec":{"containers":[{"name":"c","image":"x"}]}}`,
			i, strings.Repeat("x", benchPodSize))
		resp, err := http.Post(c.URL()+"/api/v1/namespaces/default/pods", "application/json", strings.NewReader(pod))
		if err != nil {
			b.Fatal(err)
		}
		text, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != http.StatusCreated {
			b.Fatalf("pod: %s %s", resp.Status, text)
		}
	}
	select {
	case <-all:
	case <-time.After(2 * time.Minute):
		b.Fatalf("%d of %d events came", seen.Load(), benchWatchers*benchPods)
	}
	return cpuSeconds(b, c.Process().PID()) - before
}

// cpuSeconds returns the processor time that a process has used.
func cpuSeconds(b testing.TB, pid int) float64 {
	b.Helper()
	const ticks = 100 // per second, in /proc
	fields := stat(pid)
	if fields == nil {
		b.Fatalf("no process %d", pid)
	}
	user, err := strconv.Atoi(fields[11])
	if err != nil {
		b.Fatal(err)
	}
	system, err := strconv.Atoi(fields[12])
	if err != nil {
		b.Fatal(err)
	}
	return float64(user+system) / ticks
}
