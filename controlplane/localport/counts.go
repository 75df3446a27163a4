package localport

import "github.com/prometheus/client_golang/prometheus"

// counts are a server's counters.
type counts struct {
	panics  prometheus.Counter
	refused prometheus.Counter
}

func newCounts() *counts {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Namespace: "kubernetes_mesos", Subsystem: "local_port", Name: name, Help: help})
	}
	return &counts{
		panics:  counter("panics_total", "Requests whose handler panicked; the log has each one's stack."),
		refused: counter("refused_connections_total", "Connections beyond the number that is served at a time."),
	}
}

// Describe implements prometheus.Collector.
func (n *counts) Describe(to chan<- *prometheus.Desc) { prometheus.DescribeByCollect(n, to) }

// Collect implements prometheus.Collector.
func (n *counts) Collect(to chan<- prometheus.Metric) {
	n.panics.Collect(to)
	n.refused.Collect(to)
}
