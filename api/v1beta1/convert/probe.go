package convert

import (
	"reflect"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// The places of a handler, which are keys of original fields.
const (
	livenessProbe  = "livenessProbe"
	readinessProbe = "readinessProbe"
	postStart      = "postStart"
	preStop        = "preStop"
)

func probeFromCore(in *corev1.Probe, place string, ports []corev1.ContainerPort, original *containerOriginals) *wire.Probe {
	if in == nil {
		return nil
	}
	p := &wire.Probe{
		Handler:             handlerFromCore(in.Exec, in.HTTPGet, in.TCPSocket, place, ports, original),
		InitialDelaySeconds: int64(in.InitialDelaySeconds),
		TimeoutSeconds:      int64(in.TimeoutSeconds),
	}
	if seed := original.Probes[place]; seed != nil {
		p.Enabled, p.Type = seed.Enabled, seed.Type
	}
	return p
}

func probeToCore(in *wire.Probe, stored *corev1.Probe, place string, ports []wire.Port, original *containerOriginals) *corev1.Probe {
	if in == nil {
		return nil
	}
	if in.Enabled != nil || in.Type != "" {
		if original.Probes == nil {
			original.Probes = map[string]*probeOriginals{}
		}
		original.Probes[place] = &probeOriginals{Enabled: in.Enabled, Type: in.Type}
	}
	out := orEmpty(stored)
	handlerToCore(&in.Handler, &out.Exec, &out.HTTPGet, &out.TCPSocket, place, ports, original)
	if out.Exec != nil || out.HTTPGet != nil || out.TCPSocket != nil {
		out.GRPC = nil
	}
	out.InitialDelaySeconds = int32(in.InitialDelaySeconds)
	out.TimeoutSeconds = int32(in.TimeoutSeconds)
	return out
}

func lifecycleFromCore(in *corev1.Lifecycle, ports []corev1.ContainerPort, original *containerOriginals) *wire.Lifecycle {
	if in == nil {
		return nil
	}
	show := func(h *corev1.LifecycleHandler, place string) *wire.Handler {
		if h == nil {
			return nil
		}
		w := handlerFromCore(h.Exec, h.HTTPGet, h.TCPSocket, place, ports, original)
		return &w
	}
	return &wire.Lifecycle{PostStart: show(in.PostStart, postStart), PreStop: show(in.PreStop, preStop)}
}

func lifecycleToCore(in *wire.Lifecycle, stored *corev1.Lifecycle, ports []wire.Port, original *containerOriginals) *corev1.Lifecycle {
	if in == nil {
		return nil
	}
	out := orEmpty(stored)
	change := func(w *wire.Handler, h *corev1.LifecycleHandler, place string) *corev1.LifecycleHandler {
		if w == nil {
			return nil
		}
		if h == nil {
			h = &corev1.LifecycleHandler{}
		}
		handlerToCore(w, &h.Exec, &h.HTTPGet, &h.TCPSocket, place, ports, original)
		if h.Exec != nil || h.HTTPGet != nil || h.TCPSocket != nil {
			h.Sleep = nil
		}
		return h
	}
	out.PostStart = change(in.PostStart, out.PostStart, postStart)
	out.PreStop = change(in.PreStop, out.PreStop, preStop)
	return out
}

func handlerFromCore(e *corev1.ExecAction, h *corev1.HTTPGetAction, t *corev1.TCPSocketAction,
	place string, ports []corev1.ContainerPort, original *containerOriginals) wire.Handler {
	var w wire.Handler
	if e != nil {
		w.Exec = &wire.ExecAction{Command: e.Command}
	}
	if h != nil {
		w.HTTPGet = &wire.HTTPGetAction{Path: h.Path, Host: h.Host, Port: probePortFromCore(h.Port, place, ports, original)}
	}
	if t != nil {
		w.TCPSocket = &wire.TCPSocketAction{Port: probePortFromCore(t.Port, place, ports, original)}
	}
	return w
}

func handlerToCore(in *wire.Handler, e **corev1.ExecAction, h **corev1.HTTPGetAction, t **corev1.TCPSocketAction,
	place string, ports []wire.Port, original *containerOriginals) {
	if in.Exec == nil {
		*e = nil
	} else {
		out := orEmpty(*e)
		out.Command = replaceStrings(in.Exec.Command, out.Command)
		*e = out
	}
	if in.HTTPGet == nil {
		*h = nil
	} else {
		out := orEmpty(*h)
		out.Path, out.Host = in.HTTPGet.Path, in.HTTPGet.Host
		out.Port = probePortToCore(in.HTTPGet.Port, place, ports, original)
		*h = out
	}
	if in.TCPSocket == nil {
		*t = nil
	} else {
		out := orEmpty(*t)
		out.Port = probePortToCore(in.TCPSocket.Port, place, ports, original)
		*t = out
	}
}

// probePortToCore translates a handler's port. Text is the name of a port of
// the container; other text is a number. Clients of July 2014 meant the host's
// port by it, so a number that is not a container port but some port's host
// port stands for that container port: the kubelet asks the pod, not the host.
func probePortToCore(p intstr.IntOrString, place string, ports []wire.Port, original *containerOriginals) intstr.IntOrString {
	if p.Type == intstr.Int {
		return p
	}
	for _, port := range ports {
		if port.Name != "" && port.Name == p.StrVal {
			return intstr.FromString(corePortName(p.StrVal))
		}
	}
	n, err := strconv.ParseInt(p.StrVal, 10, 32)
	if err != nil {
		original.PortNames = rememberName(original.PortNames, p.StrVal)
		return intstr.FromString(corePortName(p.StrVal))
	}
	if original.Ports == nil {
		original.Ports = map[string]string{}
	}
	original.Ports[place] = p.StrVal
	return intstr.FromInt32(containerPort(int32(n), ports))
}

// containerPort returns the container port that n refers to.
func containerPort(n int32, ports []wire.Port) int32 {
	found := n
	for _, p := range ports {
		if int32(p.ContainerPort) == n {
			return n
		}
		if found == n && n != 0 && int32(p.HostPort) == n {
			found = int32(p.ContainerPort)
		}
	}
	return found
}

// probePortFromCore returns a port in the form that the client wrote, if that form
// still means the same port.
func probePortFromCore(p intstr.IntOrString, place string, ports []corev1.ContainerPort, original *containerOriginals) intstr.IntOrString {
	if p.Type == intstr.String {
		return intstr.FromString(wirePortName(original.PortNames, p.StrVal))
	}
	text, ok := original.Ports[place]
	if !ok {
		return p
	}
	shown := make([]wire.Port, len(ports))
	for i := range ports {
		shown[i] = portFromCore(ports[i], i, original)
	}
	var scratch containerOriginals
	if reflect.DeepEqual(probePortToCore(intstr.FromString(text), place, shown, &scratch), p) {
		return intstr.FromString(text)
	}
	return p
}
