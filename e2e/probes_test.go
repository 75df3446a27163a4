package e2e

import (
	"net"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Probes of every kind, each for its purpose. The test switches what a probe sees from
// outside, so no pod depends on being checked in time.
func TestProbes(t *testing.T) {
	s := newStage(t)
	web := v1.ProbeHandler{HTTPGet: &v1.HTTPGetAction{Path: "/good", Port: intstr.FromInt32(8080)}}
	file := v1.ProbeHandler{Exec: &v1.ExecAction{Command: []string{"test", "-f", "/tmp/good"}}}
	tcp := v1.ProbeHandler{TCPSocket: &v1.TCPSocketAction{Port: intstr.FromInt32(8080)}}
	alive, ready := newHealth(t), newHealth(t)
	const serve = "touch /tmp/good; exec httpd -f -p 8080 -h /tmp"
	turn := func(t *testing.T, pod, script string) { s.kubectl(t, "", "exec", pod, "--", "sh", "-c", script) }

	s.play(t, []fate{
		{name: "alive-http", becomes: becameReady, pod: s.script(serve, policy(v1.RestartPolicyAlways), probes(every(web, 3), every(web, 1), nil)),
			then: func(t *testing.T) {
				turn(t, "alive-http", "rm /tmp/good")
				s.await(t, "alive-http", becameRestarted)
			}},
		{name: "alive-exec", becomes: becameReady, pod: s.script("touch /tmp/good; exec sleep 1000", policy(v1.RestartPolicyAlways), probes(every(file, 1), nil, nil)),
			then: func(t *testing.T) {
				turn(t, "alive-exec", "rm /tmp/good")
				s.await(t, "alive-exec", becameRestarted)
			}},
		{name: "alive-tcp", becomes: becameReady, pod: s.script("httpd -f -p 8080 & echo $! >/tmp/pid; wait; exec sleep 1000", policy(v1.RestartPolicyAlways), probes(every(tcp, 3), every(tcp, 1), nil)),
			then: func(t *testing.T) {
				turn(t, "alive-tcp", "kill $(cat /tmp/pid)")
				s.await(t, "alive-tcp", becameRestarted)
			}},
		{name: "alive-grpc", becomes: becameReady, pod: s.script("exec sleep 1000", policy(v1.RestartPolicyAlways), onHost, probes(every(alive.handler(), 1), nil, nil)),
			then: func(t *testing.T) {
				alive.SetServingStatus("", grpc_health_v1.HealthCheckResponse_NOT_SERVING)
				s.await(t, "alive-grpc", becameRestarted)
			}},
		{name: "ready-http", becomes: becameReady, pod: s.script(serve, probes(nil, every(web, 1), nil)),
			then: func(t *testing.T) {
				turn(t, "ready-http", "rm /tmp/good")
				s.await(t, "ready-http", becameUnready)
				turn(t, "ready-http", "touch /tmp/good")
				s.await(t, "ready-http", becameReady)
			}},
		{name: "ready-exec", becomes: becameUnready, pod: s.script("exec sleep 1000", probes(nil, every(file, 1), nil)),
			then: func(t *testing.T) {
				turn(t, "ready-exec", "touch /tmp/good")
				s.await(t, "ready-exec", becameReady)
			}},
		{name: "ready-tcp", becomes: becameUnready, pod: s.script("exec sleep 1000", probes(nil, every(tcp, 1), nil)),
			then: func(t *testing.T) {
				turn(t, "ready-tcp", "httpd -p 8080")
				s.await(t, "ready-tcp", becameReady)
			}},
		{name: "ready-grpc", becomes: becameReady, pod: s.script("exec sleep 1000", onHost, probes(nil, every(ready.handler(), 1), nil)),
			then: func(t *testing.T) {
				ready.SetServingStatus("", grpc_health_v1.HealthCheckResponse_NOT_SERVING)
				s.await(t, "ready-grpc", becameUnready)
			}},
		// Its liveness probe would end it if it were run before the container has started.
		{name: "starts-slowly", becomes: becameUnready, pod: s.script("exec sleep 1000", policy(v1.RestartPolicyAlways), probes(every(file, 1), nil, every(file, 300))),
			then: func(t *testing.T) {
				s.await(t, "starts-slowly", func(pod *v1.Pod) string { return s.events(t, pod, "Unhealthy") })
				turn(t, "starts-slowly", "touch /tmp/good")
				s.await(t, "starts-slowly", func(pod *v1.Pod) string {
					main := container(pod, "main")
					return becameReady(pod) + differ(*main.Started, true, main.RestartCount, int32(0))
				})
			}},
		{name: "never-starts", becomes: becameRestarted, pod: s.script("exec sleep 1000", policy(v1.RestartPolicyAlways), probes(nil, nil, every(tcp, 2)))},
	})
}

func probes(live, ready, start *v1.Probe) func(*v1.PodSpec) {
	return func(spec *v1.PodSpec) {
		c := &spec.Containers[0]
		c.LivenessProbe, c.ReadinessProbe, c.StartupProbe = live, ready, start
	}
}

func onHost(spec *v1.PodSpec) { spec.HostNetwork = true }

func becameReady(pod *v1.Pod) string {
	return differ(pod.Status.Phase, v1.PodRunning, container(pod, "main").Ready, true, isReady(pod), true)
}

func becameUnready(pod *v1.Pod) string {
	return differ(pod.Status.Phase, v1.PodRunning, container(pod, "main").Ready, false, isReady(pod), false)
}

func becameRestarted(pod *v1.Pod) string {
	return differ(pod.Status.Phase, v1.PodRunning, container(pod, "main").RestartCount > 0, true)
}

// serverHealth is the test's gRPC server, which reports whether it is healthy: the probe
// of a pod on the host's network asks it.
type serverHealth struct {
	*health.Server
	port int32
}

func newHealth(t *testing.T) *serverHealth {
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	h := &serverHealth{health.NewServer(), int32(l.Addr().(*net.TCPAddr).Port)}
	server := grpc.NewServer()
	grpc_health_v1.RegisterHealthServer(server, h)
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return h
}

func (h *serverHealth) handler() v1.ProbeHandler {
	return v1.ProbeHandler{GRPC: &v1.GRPCAction{Port: h.port}}
}
