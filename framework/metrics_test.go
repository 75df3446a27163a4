package framework

import (
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// A pod runs, another waits, a launch fails: what a scraper reads then.
func TestMetrics(t *testing.T) {
	t.Parallel()
	w := newHarness(t).start()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(w.frame.Metrics())

	w.post(makePod("php"))
	w.offers(has("S1", "cpus:0.8;mem:512"))
	_, first := w.launch()
	w.mesos.Event(&mesospb.SchedulerEvent{Type: mesospb.SchedulerEvent_UPDATE.Enum(), Update: &mesospb.SchedulerEvent_Update{Status: &mesospb.TaskStatus{
		TaskId: first[0].TaskId, AgentId: first[0].AgentId, Uuid: []byte("0123456789abcdef"), State: mesospb.TaskState_TASK_DROPPED.Enum(),
		Source: mesospb.TaskStatus_SOURCE_MASTER.Enum(), Reason: mesospb.TaskStatus_REASON_INVALID_OFFERS.Enum(),
	}}})
	_, second := w.launch()
	for _, s := range []mesospb.TaskState{mesospb.TaskState_TASK_STARTING, mesospb.TaskState_TASK_RUNNING, mesospb.TaskState_TASK_RUNNING} {
		w.update(second[0], s)
		w.call(mesospb.SchedulerCall_ACKNOWLEDGE)
	}
	w.offers() // the next is to wait
	w.post(makePod("big"))
	w.eventually("both pods are known", func() bool {
		return strings.Contains(scrape(registry), "\nkubernetes_mesos_pods_waiting 1\n")
	})

	w.within(patience, func() string { return scrape(registry) }, func() bool {
		return scrapedLike(scrape(registry), []string{
			`executor_ends_total 0`,
			`executors 0`,
			`launch_failures_total{reason="REASON_INVALID_OFFERS"} 1`,
			`launch_seconds_count 1`,
			`launches_total{kind="new"} 2`,
			`calls_total{taken="true",type="ACCEPT"} 2`,
			`calls_total{taken="true",type="ACKNOWLEDGE"} 4`,
			`offers_suppressed 0`,
			`offers_total{fate="used"} 2`,
			`outbox_length 0`,
			`pods_waiting 1`,
			`status_updates_total{reason="",state="TASK_RUNNING"} 2`,
			`status_updates_total{reason="",state="TASK_STARTING"} 1`,
			`status_updates_total{reason="REASON_INVALID_OFFERS",state="TASK_DROPPED"} 1`,
			`subscribed 1`,
			`tasks{state="launching"} 0`,
			`tasks{state="running"} 1`,
		})
	})

	if err := w.client.CoreV1().Pods("default").Delete(w.Context(), "big", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	w.mesos.Disconnected(errStory)
	w.eventually("it is told that nothing waits and there is no subscription", func() bool {
		return scrapedLike(scrape(registry), []string{`pods_waiting 0`, `pods_waiting_oldest_seconds 0`, `subscribed 0`, `offers_held 0`})
	})
}

// Without a loop there are counts but no figures, and the scrape ends.
func TestMetricsWithoutLoop(t *testing.T) {
	t.Parallel()
	f, err := New(newHarness(t).config())
	if err != nil {
		t.Fatal(err)
	}
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(f.Metrics())
	if got := scrape(registry); strings.Contains(got, "subscribed") || !scrapedLike(got, []string{"executor_ends_total 0"}) {
		t.Errorf("scraped:\n%s", got)
	}
	if !registry.Unregister(f.Metrics()) {
		t.Error("a second life could not be registered in the place of the first")
	}
}

// Each metric states its unit as Prometheus wants it, and its meaning.
func TestMetricNames(t *testing.T) {
	t.Parallel()
	w := newHarness(t).start()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(w.frame.Metrics())
	name := regexp.MustCompile(`^# HELP (kubernetes_mesos_[a-z_]+) [A-Z0-9].*\.$`)
	for line := range strings.Lines(scrape(registry)) {
		if strings.HasPrefix(line, "# HELP") && !name.MatchString(strings.TrimSpace(line)) {
			t.Errorf("help: %s", line)
		}
	}
}

func scrape(g prometheus.Gatherer) string {
	r := httptest.NewRecorder()
	promhttp.HandlerFor(g, promhttp.HandlerOpts{}).ServeHTTP(r, httptest.NewRequest("GET", "/metrics", nil))
	return r.Body.String()
}

// scrapedLike reports whether every line is there.
func scrapedLike(text string, want []string) bool {
	lines := strings.Split(text, "\n")
	return !slices.ContainsFunc(want, func(s string) bool { return !slices.Contains(lines, namespace+"_"+s) })
}
