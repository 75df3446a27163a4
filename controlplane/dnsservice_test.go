package controlplane

import (
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
)

func TestDNSAddress(t *testing.T) {
	t.Parallel()
	for ranges, want := range map[string]string{"10.0.0.0/24": "10.0.0.10", "10.0.0.0/24,fd00::/112": "10.0.0.10", "fd00::/112": "fd00::a", "10.0.0.0/30": "<nil>", "": "<nil>", "x": "<nil>"} {
		if got := fmt.Sprint(DNSAddress(strings.Split(ranges, ","))); got != want {
			t.Errorf("%s: got %s, want %s", ranges, got, want)
		}
	}
}

// The Service is created, and restored after a change of what it depends on; at another
// address it is left alone, with a reason.
func TestDNSService(t *testing.T) {
	t.Parallel()
	selecting, elsewhere := wantedDNSService("10.0.0.10"), wantedDNSService("10.0.0.11")
	selecting.Spec.Selector, selecting.Spec.TrafficDistribution = map[string]string{"app": "mine"}, nil
	selecting.Labels["mine"] = "yes"
	for name, c := range map[string]struct {
		before []runtime.Object
		verbs  string
		says   string
	}{
		"none":      {nil, "get create", ""},
		"as it is":  {[]runtime.Object{wantedDNSService("10.0.0.10")}, "get", ""},
		"changed":   {[]runtime.Object{selecting}, "get update", ""},
		"elsewhere": {[]runtime.Object{elsewhere}, "get", "10.0.0.11"},
	} {
		client := fake.NewClientset(c.before...)
		err := ensureDNSService(t.Context(), client, "10.0.0.10")
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
		var verbs []string
		for _, a := range client.Actions() {
			verbs = append(verbs, a.GetVerb())
		}
		if got := strings.Join(verbs, " "); got != c.verbs {
			t.Errorf("%s: %s, want %s", name, got, c.verbs)
		}
		s, err := client.CoreV1().Services("kube-system").Get(t.Context(), "kube-dns", metav1.GetOptions{})
		if err != nil || len(s.Spec.Selector) > 0 || *s.Spec.TrafficDistribution != "PreferSameNode" || s.Labels["k8s-app"] != "kube-dns" {
			t.Errorf("%s: left %+v, %v", name, s, err)
		}
	}
}
