package v1beta1

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/backend"
)

// The benchmarks compare the handler with the API server behind it on the server that
// V1BETA1_SERVER names. They create their objects in a namespace of their own.

const benchNamespace = "bench-v1beta1"

// benchPaths holds the paths of the same collection in both versions.
var benchPaths = []struct{ version, path, pod string }{
	{"v1", "/api/v1/namespaces/" + benchNamespace + "/pods", `{"kind":"Pod","apiVersion":"v1","metadata":{"name":%q,"labels":{"app":"bench"}},"spec":{"containers":[{"name":"web","image":"example/shop","ports":[{"containerPort":80}],"env":[{"name":"A","value":"b"}],"livenessProbe":{"httpGet":{"path":"/ok","port":80}}}]}}`},
	{"v1beta1", "/api/v1beta1/pods?namespace=" + benchNamespace, `{"kind":"Pod","apiVersion":"v1beta1","id":%q,"labels":{"app":"bench"},"desiredState":{"manifest":{"containers":[{"name":"web","image":"example/shop","ports":[{"containerPort":80}],"env":[{"name":"A","value":"b"}],"livenessProbe":{"httpGet":{"path":"/ok","port":80}}}]}}}`},
}

func benchServer(b *testing.B) string {
	b.Helper()
	server := os.Getenv("V1BETA1_SERVER")
	if server == "" {
		b.Skip("V1BETA1_SERVER names no server")
	}
	return server
}

func do(b *testing.B, method, url, body string) string {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), method, url, strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("Content-Type", backend.JSONType)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 300 && resp.StatusCode != http.StatusConflict {
		b.Fatalf("%s %s: %s %v %.300s", method, url, resp.Status, err, text)
	}
	return string(text)
}

// fill creates the pods that lists show.
func fill(b *testing.B, server string) {
	b.Helper()
	for i := range 500 {
		do(b, http.MethodPost, server+benchPaths[1].path, fmt.Sprintf(benchPaths[1].pod, fmt.Sprintf("list-%03d", i)))
	}
}

// report reports the rate and the slowest hundredth.
func report(b *testing.B, times []time.Duration) {
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(len(times))/b.Elapsed().Seconds(), "req/s")
}

func BenchmarkList500(b *testing.B) {
	server := benchServer(b)
	fill(b, server)
	for _, p := range benchPaths {
		b.Run(p.version, func(b *testing.B) {
			var times []time.Duration
			for b.Loop() {
				start := time.Now()
				do(b, http.MethodGet, server+p.path+sep(p.path)+"labelSelector=app%3Dbench&labels=app%3Dbench", "")
				times = append(times, time.Since(start))
			}
			report(b, times)
		})
	}
}

func sep(path string) string {
	if strings.Contains(path, "?") {
		return "&"
	}
	return "?"
}

func BenchmarkPost(b *testing.B) {
	server := benchServer(b)
	do(b, http.MethodPost, server+"/api/v1beta1/namespaces", `{"id":"`+benchNamespace+`"}`)
	run := time.Now().UnixNano()
	for _, p := range benchPaths {
		b.Run(p.version, func(b *testing.B) {
			var times []time.Duration
			for b.Loop() {
				run++
				start := time.Now()
				do(b, http.MethodPost, server+p.path, fmt.Sprintf(p.pod, fmt.Sprintf("post-%d", run)))
				times = append(times, time.Since(start))
			}
			report(b, times)
		})
	}
}

// BenchmarkWatch100 measures the time from a pod's creation until the last of 100
// watchers has seen it.
func BenchmarkWatch100(b *testing.B) {
	server := benchServer(b)
	do(b, http.MethodPost, server+"/api/v1beta1/namespaces", `{"id":"`+benchNamespace+`"}`)
	for _, p := range benchPaths {
		b.Run(p.version, func(b *testing.B) {
			var seen sync.WaitGroup
			for range 100 {
				watchAll(b, server+p.path+sep(p.path)+"watch=true&labels=app%3Dwatched&labelSelector=app%3Dwatched", &seen)
			}
			run := time.Now().UnixNano()
			var times []time.Duration
			for b.Loop() {
				run++
				pod := strings.Replace(fmt.Sprintf(benchPaths[0].pod, fmt.Sprintf("watch-%d", run)), `"bench"`, `"watched"`, 1)
				seen.Add(100)
				start := time.Now()
				do(b, http.MethodPost, server+benchPaths[0].path, pod)
				seen.Wait()
				times = append(times, time.Since(start))
				b.StopTimer()
				seen.Add(100)
				do(b, http.MethodDelete, server+fmt.Sprintf("/api/v1beta1/pods/watch-%d?namespace=%s", run, benchNamespace), "")
				seen.Wait()
				b.StartTimer()
			}
			report(b, times)
		})
	}
}

// watchAll counts the ADDED and DELETED frames of one watch.
func watchAll(b *testing.B, url string, seen *sync.WaitGroup) {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, url, nil)
	if err != nil {
		b.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		b.Fatalf("watch %s: %s", url, resp.Status)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer resp.Body.Close()
		lines := bufio.NewScanner(resp.Body)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			if text := lines.Text(); strings.HasPrefix(text, `{"type":"ADDED"`) || strings.HasPrefix(text, `{"type":"DELETED"`) {
				seen.Done()
			}
		}
	}()
	b.Cleanup(func() { resp.Body.Close(); <-done })
}
