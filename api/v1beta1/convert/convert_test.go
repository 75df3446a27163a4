package convert

import (
	"encoding/json"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

func podOf(t *testing.T, container string) *wire.Pod {
	t.Helper()
	p := &wire.Pod{}
	if err := json.Unmarshal([]byte(`{"id":"p","desiredState":{"manifest":{"containers":[{"name":"c","image":"i",`+container+`}]}}}`), p); err != nil {
		t.Fatal(err)
	}
	p.Default()
	return p
}

// The port of a probe: text is a port's name or else a number; a number that is only a
// host port means that port, as in July 2014.
func TestProbePorts(t *testing.T) {
	t.Parallel()
	const ports = `"ports":[{"containerPort":80,"hostPort":31080},{"name":"a-very-long-port-name","containerPort":81},{"name":"web","containerPort":82}]`
	for sent, want := range map[string]intstr.IntOrString{
		`80`:                      intstr.FromInt32(80),
		`31080`:                   intstr.FromInt32(31080),
		`"80"`:                    intstr.FromInt32(80),
		`"31080"`:                 intstr.FromInt32(80),
		`"9999"`:                  intstr.FromInt32(9999),
		`"web"`:                   intstr.FromString("web"),
		`"a-very-long-port-name"`: intstr.FromString(corePortName("a-very-long-port-name")),
		`"unknown"`:               intstr.FromString("unknown"),
	} {
		core := PodToCore(podOf(t, ports+`,"livenessProbe":{"httpGet":{"port":`+sent+`}}`), nil)
		if got := core.Spec.Containers[0].LivenessProbe.HTTPGet.Port; got != want {
			t.Errorf("%s: %v, want %v", sent, &got, &want)
		}
		shown, err := json.Marshal(PodFromCore(core).DesiredState.Manifest.Containers[0].LivenessProbe.HTTPGet.Port)
		if err != nil || string(shown) != sent {
			t.Errorf("%s: comes back as %s, %v", sent, shown, err)
		}
	}
}

// A change by a core client wins over what a v1beta1 client once wrote.
func TestOriginalFieldsYield(t *testing.T) {
	t.Parallel()
	core := PodToCore(podOf(t, `"ports":[{"containerPort":80,"protocol":"udp"}],"readinessProbe":{"tcpSocket":{"port":"80"}}`), nil)
	c := &core.Spec.Containers[0]
	c.Ports[0].Protocol = corev1.ProtocolTCP
	c.ReadinessProbe.TCPSocket.Port = intstr.FromInt32(81)
	shown := PodFromCore(core).DesiredState.Manifest.Containers[0]
	if got := shown.Ports[0].Protocol; got != "TCP" {
		t.Errorf("protocol %q", got)
	}
	if got := shown.ReadinessProbe.TCPSocket.Port; got != intstr.FromInt32(81) {
		t.Errorf("port %v", &got)
	}
	core.Annotations[OriginalFieldsAnnotation] = "garbage"
	if p := PodFromCore(core); p.Annotations != nil {
		t.Errorf("a broken annotation is shown: %v", p.Annotations)
	}
}

func TestResources(t *testing.T) {
	t.Parallel()
	stored := &corev1.Pod{Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c"}}}}
	r := &stored.Spec.Containers[0].Resources
	r.Limits = corev1.ResourceList{"cpu": resource.MustParse("500m"), "memory": resource.MustParse("64Mi")}
	r.Requests = corev1.ResourceList{"cpu": resource.MustParse("0.5"), "memory": resource.MustParse("32Mi")}
	for name, c := range map[string]struct {
		change func(*wire.Container)
		cpu    string // limit/request
		memory string
	}{
		"nothing":        {func(*wire.Container) {}, "500m/500m", "64Mi/32Mi"},
		"alias":          {func(c *wire.Container) { c.CPU = 250 }, "250m/250m", "64Mi/32Mi"},
		"alias beats":    {func(c *wire.Container) { c.CPU = 250; c.Resources.Limits["cpu"] = wire.TextAmount("3") }, "250m/250m", "64Mi/32Mi"},
		"limit":          {func(c *wire.Container) { c.CPU = 0; c.Resources.Limits["cpu"] = wire.TextAmount("1.5") }, "1500m/1500m", "64Mi/32Mi"},
		"request":        {func(c *wire.Container) { c.Resources.Requests["memory"] = wire.IntAmount(1024) }, "500m/500m", "64Mi/1Ki"},
		"stated request": {func(c *wire.Container) { c.Resources.Requests["cpu"] = wire.TextAmount("0.5") }, "500m/500m", "64Mi/32Mi"},
	} {
		sent := PodFromCore(stored)
		if _, shown := sent.DesiredState.Manifest.Containers[0].Resources.Requests["cpu"]; shown {
			t.Fatal("a request that core made from the limit is shown")
		}
		c.change(&sent.DesiredState.Manifest.Containers[0])
		got := PodToCore(sent, stored).Spec.Containers[0].Resources
		for resource, want := range map[corev1.ResourceName]string{"cpu": c.cpu, "memory": c.memory} {
			limit, request := got.Limits[resource], got.Requests[resource]
			if have := limit.String() + "/" + request.String(); have != want {
				t.Errorf("%s: %s %s, want %s", name, resource, have, want)
			}
		}
	}
}

func TestServicePorts(t *testing.T) {
	t.Parallel()
	stored := &corev1.Service{Spec: corev1.ServiceSpec{ClusterIP: "10.0.0.1", ClusterIPs: []string{"10.0.0.1"}, Ports: []corev1.ServicePort{
		{Name: "web", Port: 80, NodePort: 30080, Protocol: "TCP", TargetPort: intstr.FromInt32(8080)}, {Name: "admin", Port: 81},
	}}}
	sent := ServiceFromCore(stored)
	sent.Port, sent.ContainerPort, sent.CreateExternalLoadBalancer = 90, intstr.FromInt32(0), true
	got := ServiceToCore(sent, stored)
	if p := got.Spec.Ports; len(p) != 2 || p[0].Port != 90 || p[0].TargetPort != intstr.FromInt32(90) || p[0].NodePort != 30080 || p[1].Name != "admin" {
		t.Errorf("ports %+v", p)
	}
	if got.Spec.Type != corev1.ServiceTypeLoadBalancer || got.Spec.ClusterIPs[0] != "10.0.0.1" {
		t.Errorf("%+v", got.Spec)
	}
	if shown := ServiceFromCore(got); shown.ContainerPort != intstr.FromInt32(0) {
		t.Errorf("container port %v", &shown.ContainerPort)
	}
}

func TestRepack(t *testing.T) {
	t.Parallel()
	address := func(ips ...string) (out []wire.EndpointAddress) {
		for _, ip := range ips {
			out = append(out, wire.EndpointAddress{IP: ip})
		}
		return out
	}
	web, admin := wire.EndpointPort{Name: "web", Port: 80, Protocol: "TCP"}, wire.EndpointPort{Name: "admin", Port: 81, Protocol: "TCP"}
	got := Repack([]wire.EndpointSubset{
		{Addresses: address("10.0.0.2", "10.0.0.1", "10.0.0.2"), Ports: []wire.EndpointPort{web}},
		{Addresses: address("10.0.0.1"), Ports: []wire.EndpointPort{admin}},
		{Addresses: address("10.0.0.2"), Ports: []wire.EndpointPort{admin}},
		{Ports: []wire.EndpointPort{{Port: 9}}},
	})
	want := []wire.EndpointSubset{{Addresses: address("10.0.0.1", "10.0.0.2"), Ports: []wire.EndpointPort{admin, web}}}
	a, _ := json.Marshal(got)
	b, _ := json.Marshal(want)
	if string(a) != string(b) {
		t.Errorf("%s, want %s", a, b)
	}
}

// The stand-ins for names that core does not accept are valid, and only such names are
// replaced.
func TestPortNames(t *testing.T) {
	t.Parallel()
	for name, keep := range map[string]bool{"web": true, "": true, "a-1": true, "8080": false, "a-name-of-16-long": false, "a--b": false} {
		core := corePortName(name)
		if (core == name) != keep || corePortName(core) != core {
			t.Errorf("%q becomes %q", name, core)
		}
		if got := wirePortName(rememberName(nil, name), core); got != name {
			t.Errorf("%q comes back as %q", name, got)
		}
	}
}

func TestVersions(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]uint64{"": 0, "0": 0, "7": 7, "x": 0, "-1": 0, "18446744073709551615": 1<<64 - 1} {
		if got := VersionFromCore(text); got != want {
			t.Errorf("%q is %d, want %d", text, got, want)
		}
	}
	if VersionToCore(0) != "" || VersionToCore(7) != "7" {
		t.Error("versions are not written as core does")
	}
}
