package resourcemetrics

import (
	"fmt"
	"io"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// container names a container of a pod.
type container struct{ namespace, pod, name string }

// sample is what a container had used at a time.
type sample struct {
	at      time.Time // zero: no figure of the CPU
	started time.Time // zero: not known
	cpu     float64   // seconds, since it started
	memory  float64   // bytes
}

// parse reads the resource metrics of a kubelet. It keeps containers with both figures.
func parse(r io.Reader) (map[container]sample, error) {
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(r)
	if err != nil {
		return nil, fmt.Errorf("resource metrics: %w", err)
	}
	found := map[container]sample{}
	memories := families["container_memory_working_set_bytes"].GetMetric()
	for _, m := range memories {
		found[labelled(m)] = sample{memory: value(m)}
	}
	for _, m := range families["container_start_time_seconds"].GetMetric() {
		if s, ok := found[labelled(m)]; ok {
			s.started = time.UnixMicro(int64(value(m) * 1e6))
			found[labelled(m)] = s
		}
	}
	for _, m := range families["container_cpu_usage_seconds_total"].GetMetric() {
		if s, ok := found[labelled(m)]; ok && m.TimestampMs != nil {
			s.cpu, s.at = value(m), time.UnixMilli(m.GetTimestampMs())
			found[labelled(m)] = s
		}
	}
	for _, m := range memories {
		if found[labelled(m)].at.IsZero() {
			delete(found, labelled(m))
		}
	}
	return found, nil
}

func labelled(m *dto.Metric) container {
	var c container
	for _, l := range m.GetLabel() {
		switch l.GetName() {
		case "namespace":
			c.namespace = l.GetValue()
		case "pod":
			c.pod = l.GetValue()
		case "container":
			c.name = l.GetValue()
		}
	}
	return c
}

// value returns the value of a metric of any type: a kubelet may declare one or not.
func value(m *dto.Metric) float64 {
	return m.GetCounter().GetValue() + m.GetGauge().GetValue() + m.GetUntyped().GetValue()
}
