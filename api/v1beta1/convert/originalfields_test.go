package convert

import (
	"maps"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// The key is stored in clusters: another one would lose what they keep.
func TestAnnotationKey(t *testing.T) {
	t.Parallel()
	if OriginalFieldsAnnotation != "kubernetes-mesos/v1beta1-as-sent" {
		t.Error(OriginalFieldsAnnotation)
	}
}

// The form, too, is stored in clusters.
func TestAnnotationForm(t *testing.T) {
	t.Parallel()
	yes := true
	for want, o := range map[string]originals{
		`{"protocol":"udp","firstPort":true,"selectAll":true,"portNames":{"a":"b"}}`: {Protocol: "udp", FirstPort: true, SelectAll: true, PortNames: map[string]string{"a": "b"}},
		`{"noLabels":true}`:             {NoLabels: true},
		`{"legacyHostIPs":["1.2.3.4"]}`: {LegacyHostIPs: []string{"1.2.3.4"}},
		`{"containers":{"c":{"protocols":{"0":"udp"},"ports":{"livenessProbe":"80"},"probes":{"readinessProbe":{"enabled":true,"type":"http"}},"requests":["cpu"],"portNames":{"a":"b"}}}}`: {
			Containers: map[string]*containerOriginals{"c": {
				Protocols: map[int]string{0: "udp"}, Ports: map[string]string{livenessProbe: "80"},
				Probes:   map[string]*probeOriginals{readinessProbe: {Enabled: &yes, Type: "http"}},
				Requests: []string{"cpu"}, PortNames: map[string]string{"a": "b"},
			}},
		},
	} {
		annotations := o.write(nil)
		if got := annotations[OriginalFieldsAnnotation]; got != want {
			t.Errorf("%s, want %s", got, want)
		}
		if again := readOriginals(annotations).write(nil); !maps.Equal(again, annotations) {
			t.Errorf("%v is read and written as %v", annotations, again)
		}
	}
}

func TestWriteOriginals(t *testing.T) {
	t.Parallel()
	some, none := &originals{NoLabels: true}, &originals{}
	const note = `{"noLabels":true}`
	for name, c := range map[string]struct {
		o            *originals
		before, want map[string]string
	}{
		"nothing into nothing": {none, nil, nil},
		"nothing into others":  {none, map[string]string{"a": "b"}, map[string]string{"a": "b"}},
		"nothing removes":      {none, map[string]string{"a": "b", OriginalFieldsAnnotation: note}, map[string]string{"a": "b"}},
		"nothing removes all":  {none, map[string]string{OriginalFieldsAnnotation: note}, nil},
		"some into nothing":    {some, nil, map[string]string{OriginalFieldsAnnotation: note}},
		"some into others":     {some, map[string]string{"a": "b"}, map[string]string{"a": "b", OriginalFieldsAnnotation: note}},
		"some replace":         {some, map[string]string{OriginalFieldsAnnotation: "x"}, map[string]string{OriginalFieldsAnnotation: note}},
	} {
		before := maps.Clone(c.before)
		if got := c.o.write(c.before); !maps.Equal(got, c.want) || (got == nil) != (c.want == nil) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		if !maps.Equal(before, c.before) {
			t.Errorf("%s: the map was changed in place", name)
		}
	}
}

// Clients neither see the annotation nor write it.
func TestClientsAndTheAnnotation(t *testing.T) {
	t.Parallel()
	stored := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{OriginalFieldsAnnotation: "x", "a": "b"}}}
	if got := SecretFromCore(stored).Annotations; !maps.Equal(got, map[string]string{"a": "b"}) {
		t.Errorf("shown: %v", got)
	}
	for name, c := range map[string]struct{ sent, want map[string]string }{
		"none sent":  {nil, map[string]string{OriginalFieldsAnnotation: "x"}},
		"other sent": {map[string]string{"c": "d"}, map[string]string{OriginalFieldsAnnotation: "x", "c": "d"}},
		"forged":     {map[string]string{OriginalFieldsAnnotation: "forged", "a": "b"}, map[string]string{OriginalFieldsAnnotation: "x", "a": "b"}},
	} {
		got := SecretToCore(&wire.Secret{Meta: wire.Meta{Annotations: c.sent}}, stored).Annotations
		if !maps.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	forged := &wire.Secret{Meta: wire.Meta{Annotations: map[string]string{OriginalFieldsAnnotation: "forged"}}}
	if got := SecretToCore(forged, nil).Annotations; len(got) != 0 {
		t.Errorf("forged in a new object: %v", got)
	}
}

// An unreadable annotation counts as none.
func TestBrokenAnnotation(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "garbage", "[]", `{"containers":3}`, `{"noLabels":"yes"}`, "null"} {
		o := readOriginals(map[string]string{OriginalFieldsAnnotation: text})
		if o.NoLabels || len(o.Containers) > 0 {
			t.Errorf("%q is read as %+v", text, o)
		}
		if c := o.container("c"); c == nil || c.Ports != nil {
			t.Errorf("%q has %+v for a container", text, c)
		}
	}
	// Also one whose parts are null.
	o := readOriginals(map[string]string{OriginalFieldsAnnotation: `{"containers":{"c":null}}`})
	if o.container("c") == nil {
		t.Error("a container without original fields is nil")
	}
	var pod corev1.Pod
	pod.Annotations = map[string]string{OriginalFieldsAnnotation: `{"containers":{"c":{"probes":{"livenessProbe":null}}}}`}
	pod.Spec.Containers = []corev1.Container{{Name: "c", LivenessProbe: &corev1.Probe{}}}
	if p := PodFromCore(&pod).DesiredState.Manifest.Containers[0].LivenessProbe; p == nil || p.Enabled != nil {
		t.Errorf("a probe without original fields is shown as %+v", p)
	}
}
