package framework

import (
	"cmp"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/outbox"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	"github.com/prometheus/client_golang/prometheus"
)

// metrics holds the counters of a life. What can be looked up is not counted but
// asked for at each scrape: see collector.
type metrics struct {
	offers   *prometheus.CounterVec
	updates  *prometheus.CounterVec
	ends     prometheus.Counter
	calls    *prometheus.CounterVec
	launches *prometheus.CounterVec
	failures *prometheus.CounterVec
	commits  *prometheus.HistogramVec
	launch   prometheus.Histogram
}

// namespace precedes the name of each metric.
const namespace = "kubernetes_mesos"

func newMetrics() *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
	}
	histogram := func(name, help string, first float64, n int) prometheus.HistogramOpts {
		return prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: prometheus.ExponentialBuckets(first, 2, n)}
	}
	return &metrics{
		offers:   counter("offers_total", "Offers: received, and of these used, declined and rescinded.", "fate"),
		updates:  counter("status_updates_total", "Status updates received, with those that Mesos repeats; for those acknowledged see calls.", "state", "reason"),
		ends:     prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: "executor_ends_total", Help: "Executors that Mesos says have ended."}),
		calls:    counter("calls_total", "Calls to Mesos by type (KILL, RECONCILE, ACKNOWLEDGE, …), and whether the master took them.", "type", "taken"),
		launches: counter("launches_total", "Tasks decided on: for new pods, and to resume pods whose executor had died.", "kind"),
		failures: counter("launch_failures_total", "Tasks of new pods that came to nothing before an executor had them: Mesos' reason, or NOT_SENT or REFUSED.", "reason"),
		commits:  prometheus.NewHistogramVec(histogram("store_commit_seconds", "How long transactions of the framework's records took.", 0.001, 13), []string{"stored"}),
		launch:   prometheus.NewHistogram(histogram("launch_seconds", "From when a pod without a node was first seen to its TASK_RUNNING.", 0.125, 13)),
	}
}

func (m *metrics) collectors() []prometheus.Collector {
	return []prometheus.Collector{m.offers, m.updates, m.ends, m.calls, m.launches, m.failures, m.commits, m.launch}
}

// event counts an event from Mesos.
func (m *metrics) event(e *mesospb.SchedulerEvent) {
	switch e.GetType() {
	case mesospb.SchedulerEvent_OFFERS:
		m.offers.WithLabelValues("received").Add(float64(len(e.GetOffers().GetOffers())))
	case mesospb.SchedulerEvent_RESCIND:
		m.offers.WithLabelValues("rescinded").Inc()
	case mesospb.SchedulerEvent_UPDATE:
		s := e.GetUpdate().GetStatus()
		m.updates.WithLabelValues(s.GetState().String(), reasonOf(s)).Inc()
	case mesospb.SchedulerEvent_FAILURE:
		if e.GetFailure().GetExecutorId() != nil {
			m.ends.Inc()
		}
	}
}

// Sent counts a call and what it did with offers.
func (m *metrics) Sent(c *mesospb.SchedulerCall, err error) {
	m.calls.WithLabelValues(c.GetType().String(), yes(err == nil)).Inc()
	if err != nil {
		return
	}
	if n := len(c.GetDecline().GetOfferIds()); n > 0 {
		m.offers.WithLabelValues("declined").Add(float64(n))
	}
	if n := len(c.GetAccept().GetOfferIds()); n > 0 {
		m.offers.WithLabelValues("used").Add(float64(n))
	}
}

// Committed counts a transaction of records.
func (m *metrics) Committed(took time.Duration, err error) {
	m.commits.WithLabelValues(yes(err == nil)).Observe(took.Seconds())
}

func (m *metrics) launched(resumed bool) {
	kind := "new"
	if resumed {
		kind = "resumed"
	}
	m.launches.WithLabelValues(kind).Inc()
}

// notLaunched counts tasks that no master has heard of.
func (m *metrics) notLaunched(e scheduler.LaunchFailed) {
	reason := "NOT_SENT"
	if outbox.Refused(e.Err) {
		reason = "REFUSED"
	}
	m.failures.WithLabelValues(reason).Add(float64(len(e.Tasks)))
}

// lostLaunch counts a task whose end no executor reports.
func (m *metrics) lostLaunch(s *mesospb.TaskStatus) {
	m.failures.WithLabelValues(cmp.Or(reasonOf(s), s.GetState().String())).Inc()
}

func yes(b bool) string {
	if b {
		return "true"
	}
	return "false"
}
