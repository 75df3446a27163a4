package resourcemetrics

import (
	"maps"
	"strings"
	"testing"
	"time"
)

const answer = `# HELP container_cpu_usage_seconds_total [STABLE] Cumulative cpu time consumed by the container in core-seconds
# TYPE container_cpu_usage_seconds_total counter
container_cpu_usage_seconds_total{container="web",namespace="default",pod="a"} 12.5 1700000010000
container_cpu_usage_seconds_total{container="no-memory",namespace="default",pod="a"} 1 1700000010000
# TYPE container_memory_working_set_bytes gauge
container_memory_working_set_bytes{container="web",namespace="default",pod="a"} 1.048576e+06 1700000010000
container_memory_working_set_bytes{container="no-cpu",namespace="default",pod="a"} 1 1700000010000
# TYPE container_start_time_seconds gauge
container_start_time_seconds{container="web",namespace="default",pod="a"} 1.70000000025e+09
# TYPE node_cpu_usage_seconds_total counter
node_cpu_usage_seconds_total 0 1700000010000
# TYPE scrape_error gauge
scrape_error 0
`

func TestParse(t *testing.T) {
	t.Parallel()
	got, err := parse(strings.NewReader(answer))
	if err != nil {
		t.Fatal(err)
	}
	want := map[container]sample{{"default", "a", "web"}: {
		at: time.Unix(1700000010, 0), started: time.UnixMilli(1700000000250), cpu: 12.5, memory: 1 << 20,
	}}
	if !maps.Equal(got, want) {
		t.Errorf("parsed %+v, want %+v", got, want)
	}
	if _, err := parse(strings.NewReader("<html>no metrics</html>\n")); err == nil {
		t.Error("HTML was read as metrics")
	}
}

// A rate is taken between two samples of one life of a container, or over the whole of a
// short life.
func TestRate(t *testing.T) {
	t.Parallel()
	at := func(seconds int) time.Time { return time.Unix(1_700_000_000+int64(seconds), 0) }
	old := sample{at: at(0), started: at(-1000), cpu: 100, memory: 1}
	for _, row := range []struct {
		name        string
		before, now sample
		want        usage
		known       bool
	}{
		{"two samples", old, sample{at: at(10), started: at(-1000), cpu: 105, memory: 7}, usage{at(10), 10 * time.Second, 0.5, 7}, true},
		{"the first sample of an old container", sample{}, old, usage{}, false},
		{"the first sample of a young one", sample{}, sample{at: at(10), started: at(6), cpu: 8, memory: 7}, usage{at(10), 4 * time.Second, 2, 7}, true},
		{"it has restarted", old, sample{at: at(10), started: at(5), cpu: 1, memory: 7}, usage{at(10), 5 * time.Second, 0.2, 7}, true},
		{"it has restarted and used more than before", old, sample{at: at(10), started: at(8), cpu: 101, memory: 7}, usage{at(10), 2 * time.Second, 50.5, 7}, true},
		{"it has just started", old, sample{at: at(10), started: at(10), cpu: 1}, usage{}, false},
		{"the kubelet repeats a sample", old, old, usage{}, false},
		{"the counter starts again, when is not known", sample{at: at(0), cpu: 9}, sample{at: at(10), cpu: 1}, usage{}, false},
	} {
		got, known := rate(row.before, row.now, 30*time.Second)
		if known != row.known || got != row.want {
			t.Errorf("%s: %+v %v, want %+v %v", row.name, got, known, row.want, row.known)
		}
	}
}

// A pod of which one container has no figure is left out; others are not.
func TestPodsAreWhole(t *testing.T) {
	t.Parallel()
	second := func(n int64) time.Time { return time.Unix(n, 0) }
	before := map[container]sample{
		{"d", "a", "1"}: {at: second(100)}, {"d", "b", "1"}: {at: second(100)},
	}
	now := map[container]sample{
		{"d", "a", "1"}: {at: second(110), cpu: 1}, {"d", "a", "new"}: {at: second(110), started: second(110)},
		{"d", "b", "1"}: {at: second(110), cpu: 1},
	}
	got := rates(before, now, time.Minute)
	if _, half := got[podKey{"d", "a"}]; half || len(got[podKey{"d", "b"}]) != 1 {
		t.Errorf("rates: %v", got)
	}
}
