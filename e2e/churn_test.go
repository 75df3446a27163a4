package e2e

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
)

const (
	churnRate = 500 // pods created and deleted per minute
	churnLife = 10 * time.Second

	// mostGrowth bounds the growth of memory. The API server's caches hold recent
	// changes, and etcd holds five minutes of history: they fill at first.
	mostGrowth = 1.75
)

// churnDuration returns how long pods come and go: CHURN, or a minute, or a few seconds
// in `make test`.
func churnDuration(t testing.TB) time.Duration {
	t.Helper()
	switch text := os.Getenv("CHURN"); {
	case text != "":
		d, err := time.ParseDuration(text)
		if err != nil || d <= 0 {
			t.Fatalf("CHURN=%s is no duration such as 10m", text)
		}
		return d
	case long:
		return time.Minute
	}
	return 15 * time.Second
}

// TestFaultChurn creates and deletes pods next to many pending ones, on agents whose
// executors run nothing, and checks the effect on framework_runner.
func TestFaultChurn(t *testing.T) {
	lasts, pending := churnDuration(t), 200
	if lasts >= time.Minute {
		pending = 2000
	}
	p := promised(t, fmt.Sprintf("%d pods a minute come and go for %s next to %d that wait", churnRate, lasts, pending),
		"none is lost or started twice; memory stays within bounds")
	m := serveHollowMesos(t, 5, "cpus:100;mem:100000;disk:10000;ports:[31000-31999]")
	c := cluster.Start(t, cluster.Config{Master: m.addr})
	w := &churn{T: t, Cluster: c, pending: pending, pods: map[string]*churned{}}
	m.follow(t, c, w.changed)

	w.fill()
	awaitReason(t, c, fmt.Sprintf("waits-%d", pending-1), "cpu")
	w.run(churnLife) // executors start, caches fill
	before, first := w.memory(), len(w.pods)
	cpu, began := cpuSeconds(t, c.Process().PID()), time.Now()
	w.rss, w.anonymous = nil, nil
	w.run(lasts)
	busy := 100 * (cpuSeconds(t, c.Process().PID()) - cpu) / time.Since(began).Seconds()
	after := w.memory()

	started, removed := w.latencies(first)
	p.measure("%d pods; until one runs p50 %d ms, p95 %d ms, p99 %d ms; until one is gone p50 %d ms, p95 %d ms; %d requests repeated", len(started),
		percentile(started, 50).Milliseconds(), percentile(started, 95).Milliseconds(), percentile(started, 99).Milliseconds(),
		percentile(removed, 50).Milliseconds(), percentile(removed, 95).Milliseconds(), w.repeated)
	p.measure("%.0f %% of a core; RSS %.0f MB before, %.0f MB after; medians of each third %.0f MB, without pages of files %.0f MB",
		busy, before, after, thirds(w.rss), thirds(w.anonymous))

	w.check(m)
	w.flat(lasts, before, after)
}

// flat checks that memory stays within bounds. It grows until etcd's history is
// compacted, every five minutes; the database file grows until the first events expire
// after an hour.
func (w *churn) flat(lasts time.Duration, before, after float64) {
	w.Helper()
	if lasts >= time.Minute && after > mostGrowth*before {
		w.Errorf("framework_runner takes %.0f MB, and took %.0f MB before", after, before)
	}
	if third := thirds(w.anonymous); lasts >= 15*time.Minute && third[2] > 1.05*third[1] {
		w.Errorf("framework_runner grows: medians of each third %.0f MB", third)
	}
}

// memory returns the memory of framework_runner at rest, in MB.
func (w *churn) memory() float64 {
	w.Helper()
	time.Sleep(churnLife) // there is no condition to wait for
	return rss(w, w.Process().PID())
}

// thirds returns the medians of the first, second and last third of the measurements.
func thirds(all []float64) (medians [3]float64) {
	for i := range medians {
		third := slices.Sorted(slices.Values(all[i*len(all)/3 : (i+1)*len(all)/3]))
		if len(third) > 0 {
			medians[i] = third[len(third)/2]
		}
	}
	return medians
}
