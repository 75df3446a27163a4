package convert

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

func TestProbes(t *testing.T) {
	t.Parallel()
	both(t, fromContainer, toContainer, []example{
		{"HTTP",
			`{"livenessProbe":{"httpGet":{"path":"/ok","port":80,"host":"h"},"initialDelaySeconds":5,"timeoutSeconds":6}}`,
			`{"livenessProbe":{"httpGet":{"path":"/ok","port":80,"host":"h"},"initialDelaySeconds":5,"timeoutSeconds":6}}`},
		{"TCP", `{"readinessProbe":{"tcpSocket":{"port":"web"}}}`, `{"readinessProbe":{"tcpSocket":{"port":"web"}}}`},
		{"command", `{"livenessProbe":{"exec":{"command":["x","y"]}}}`, `{"livenessProbe":{"exec":{"command":["x","y"]}}}`},
		{"hooks",
			`{"lifecycle":{"postStart":{"exec":{"command":["x"]}},"preStop":{"httpGet":{"path":"/bye","port":80}}}}`,
			`{"lifecycle":{"postStart":{"exec":{"command":["x"]}},"preStop":{"httpGet":{"path":"/bye","port":80}}}}`},
	})
}

func TestProbeUpdates(t *testing.T) {
	t.Parallel()
	updated(t, toContainer, []update{
		{"core's other settings stay",
			`{"livenessProbe":{"httpGet":{"path":"/","port":80,"scheme":"HTTPS"},"periodSeconds":7,"failureThreshold":9}}`,
			`{"livenessProbe":{"httpGet":{"path":"/x","port":81},"timeoutSeconds":2}}`,
			`{"livenessProbe":{"httpGet":{"path":"/x","port":81,"scheme":"HTTPS"},"periodSeconds":7,"failureThreshold":9,"timeoutSeconds":2}}`},
		{"another handler",
			`{"livenessProbe":{"httpGet":{"path":"/","port":80},"periodSeconds":7}}`,
			`{"livenessProbe":{"exec":{"command":["x"]}}}`,
			`{"livenessProbe":{"exec":{"command":["x"]},"periodSeconds":7}}`},
		{"a handler that v1beta1 does not know stays",
			`{"livenessProbe":{"grpc":{"port":1},"timeoutSeconds":3}}`,
			`{"livenessProbe":{"timeoutSeconds":4}}`,
			`{"livenessProbe":{"grpc":{"port":1},"timeoutSeconds":4}}`},
		{"or yields to one that it knows",
			`{"livenessProbe":{"grpc":{"port":1}}}`,
			`{"livenessProbe":{"tcpSocket":{"port":2}}}`,
			`{"livenessProbe":{"tcpSocket":{"port":2}}}`},
		{"no probe", `{"livenessProbe":{"tcpSocket":{"port":2}},"readinessProbe":{"tcpSocket":{"port":2}}}`, `{}`, `{}`},
		{"an unknown hook stays", `{"lifecycle":{"preStop":{"sleep":{"seconds":5}}}}`, `{"lifecycle":{"preStop":{}}}`, `{"lifecycle":{"preStop":{"sleep":{"seconds":5}}}}`},
		{"or yields", `{"lifecycle":{"preStop":{"sleep":{"seconds":5}}}}`, `{"lifecycle":{"preStop":{"exec":{"command":["x"]}}}}`, `{"lifecycle":{"preStop":{"exec":{"command":["x"]}}}}`},
		{"a hook is removed", `{"lifecycle":{"preStop":{"exec":{"command":["x"]}},"postStart":{"exec":{"command":["y"]}}}}`, `{"lifecycle":{"postStart":{"exec":{"command":["y"]}}}}`, `{"lifecycle":{"postStart":{"exec":{"command":["y"]}}}}`},
	})
}

// The members of July 2014 belong to a probe's place, and come back there.
func TestOldProbes(t *testing.T) {
	t.Parallel()
	sent := podOf(t, `"livenessProbe":{"enabled":false,"type":"http","httpGet":{"port":80}},"readinessProbe":{"tcpSocket":{"port":80}}`)
	c := PodFromCore(PodToCore(sent, nil)).DesiredState.Manifest.Containers[0]
	if p := c.LivenessProbe; p.Enabled == nil || *p.Enabled || p.Type != "http" {
		t.Errorf("liveness: %+v", p)
	}
	if p := c.ReadinessProbe; p.Enabled != nil || p.Type != "" {
		t.Errorf("readiness: %+v", p)
	}
}

// A number as text that is only a host port means that port's container port; of several,
// the first.
func TestContainerPortOf(t *testing.T) {
	t.Parallel()
	ports := []wire.Port{{ContainerPort: 80, HostPort: 8080}, {ContainerPort: 81, HostPort: 80}, {ContainerPort: 82, HostPort: 8080}, {ContainerPort: 83}}
	for n, want := range map[int32]int32{80: 80, 8080: 80, 81: 81, 83: 83, 9: 9, 0: 0} {
		if got := containerPort(n, ports); got != want {
			t.Errorf("%d means %d, want %d", n, got, want)
		}
	}
}

// A text that no longer means the stored port is not shown.
func TestProbePortIsShownAsWritten(t *testing.T) {
	t.Parallel()
	original := &containerOriginals{Ports: map[string]string{livenessProbe: "8080"}}
	ports := []corev1.ContainerPort{{ContainerPort: 80, HostPort: 8080}}
	for name, c := range map[string]struct {
		stored intstr.IntOrString
		place  string
		ports  []corev1.ContainerPort
		want   intstr.IntOrString
	}{
		"as written":                 {intstr.FromInt32(80), livenessProbe, ports, intstr.FromString("8080")},
		"another port since":         {intstr.FromInt32(81), livenessProbe, ports, intstr.FromInt32(81)},
		"the host port has gone":     {intstr.FromInt32(80), livenessProbe, nil, intstr.FromInt32(80)},
		"another probe":              {intstr.FromInt32(80), readinessProbe, ports, intstr.FromInt32(80)},
		"a name since":               {intstr.FromString("web"), livenessProbe, ports, intstr.FromString("web")},
		"the number itself, as text": {intstr.FromInt32(8080), livenessProbe, nil, intstr.FromString("8080")},
	} {
		if got := probePortFromCore(c.stored, c.place, c.ports, original); got != c.want {
			t.Errorf("%s: %v, want %v", name, &got, &c.want)
		}
	}
}
