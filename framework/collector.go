package framework

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics returns a collector of this life's counters and of its current
// figures. Register it only while Run lasts: each life counts from zero, and
// without a running loop a scrape waits a second.
func (f *Framework) Metrics() prometheus.Collector {
	c := &collector{metrics: f.metrics, ask: func(ctx context.Context) (figures, error) { return ask(ctx, f.inbox, (*loop).figures) }}
	for _, g := range gauges {
		c.gauges = append(c.gauges, prometheus.NewDesc(prometheus.BuildFQName(namespace, "", g.name), g.help, nil, nil))
	}
	c.tasks = prometheus.NewDesc(prometheus.BuildFQName(namespace, "", "tasks"),
		"Tasks on record: launching (no executor has spoken of it), binding, running (its pod is bound), ended, failing, killing.", []string{"state"}, nil)
	return c
}

// collector asks the loop at each scrape.
type collector struct {
	metrics *metrics
	ask     func(context.Context) (figures, error)

	gauges []*prometheus.Desc // in the order of gauges
	tasks  *prometheus.Desc
}

// figures holds what the loop knows at one moment.
type figures struct {
	connected, suppressed bool
	silent                time.Duration // since the last event
	held, executors       int
	waiting               int
	oldest                time.Duration
	queued                int
	tasks                 map[string]int
}

var gauges = []struct {
	name, help string
	value      func(figures) float64
}{
	{"subscribed", "1 while there is a subscription at a Mesos master.", func(f figures) float64 { return one(f.connected) }},
	{"last_event_seconds", "Time since Mesos said anything but heartbeats, or since the start.", func(f figures) float64 { return f.silent.Seconds() }},
	{"offers_held", "Offers that are neither used nor given back.", func(f figures) float64 { return float64(f.held) }},
	{"offers_suppressed", "1 while Mesos is asked for no offers.", func(f figures) float64 { return one(f.suppressed) }},
	{"executors", "Agents on which our executor was seen to run.", func(f figures) float64 { return float64(f.executors) }},
	{"pods_waiting", "Pods that are not bound to a node.", func(f figures) float64 { return float64(f.waiting) }},
	{"pods_waiting_oldest_seconds", "Age of the oldest pod that is not bound to a node; 0 without any.", func(f figures) float64 { return f.oldest.Seconds() }},
	{"outbox_length", "Calls and records that wait for the store or for Mesos.", func(f figures) float64 { return float64(f.queued) }},
}

// Describe implements [prometheus.Collector].
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, counted := range c.metrics.collectors() {
		counted.Describe(out)
	}
	for _, d := range c.gauges {
		out <- d
	}
	out <- c.tasks
}

// Collect implements [prometheus.Collector].
func (c *collector) Collect(out chan<- prometheus.Metric) {
	for _, counted := range c.metrics.collectors() {
		counted.Collect(out)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	now, err := c.ask(ctx)
	if err != nil {
		return // better no figures than old ones
	}
	for i, g := range gauges {
		out <- prometheus.MustNewConstMetric(c.gauges[i], prometheus.GaugeValue, g.value(now))
	}
	for state, n := range now.tasks {
		out <- prometheus.MustNewConstMetric(c.tasks, prometheus.GaugeValue, float64(n), state)
	}
}

func (l *loop) figures() figures {
	counts := l.core.Counts()
	f := figures{
		connected: l.connected, suppressed: counts.Suppressed, silent: l.clock.now().Sub(l.lastEvent),
		held: len(l.agents.offers), queued: l.outbox.Len(), tasks: counts.Tasks,
	}
	for _, a := range l.agents.byID {
		if a.runs {
			f.executors++
		}
	}
	f.waiting, f.oldest = l.pods.unbound()
	return f
}

func one(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
