package convert

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// ServiceFromCore converts a service. It keeps only the first of several ports.
func ServiceFromCore(in *corev1.Service) *wire.Service {
	original := readOriginals(in.Annotations)
	s := &wire.Service{
		Meta:                       metaFromCore(&in.ObjectMeta),
		Labels:                     in.Labels,
		Selector:                   in.Spec.Selector,
		CreateExternalLoadBalancer: in.Spec.Type == corev1.ServiceTypeLoadBalancer,
		PublicIPs:                  in.Spec.ExternalIPs,
		PortalIP:                   in.Spec.ClusterIP,
		SessionAffinity:            string(in.Spec.SessionAffinity),
	}
	if len(s.Selector) == 0 {
		s.Selector = nil
		if original.SelectAll {
			s.Selector = map[string]string{}
		}
	}
	if len(in.Spec.Ports) == 0 {
		return s
	}
	p := &in.Spec.Ports[0]
	s.Port = int(p.Port)
	s.Protocol = string(p.Protocol)
	if strings.ToUpper(original.Protocol) == s.Protocol {
		s.Protocol = original.Protocol
	}
	s.ContainerPort = p.TargetPort
	if p.TargetPort.Type == intstr.String {
		s.ContainerPort = intstr.FromString(wirePortName(original.PortNames, p.TargetPort.StrVal))
	} else if original.FirstPort && p.TargetPort.IntVal == p.Port {
		s.ContainerPort = intstr.FromInt32(0)
	}
	return s
}

// ServiceToCore returns stored, changed to what the client sent. Stored ports after
// the first stay unchanged.
func ServiceToCore(in *wire.Service, stored *corev1.Service) *corev1.Service {
	out := orEmpty(stored)
	metaToCore(&in.Meta, &out.ObjectMeta)
	out.Labels = replaceMap(in.Labels, out.Labels)
	spec := &out.Spec
	var original originals
	original.SelectAll = in.Selector != nil && len(in.Selector) == 0
	spec.Selector = replaceMap(in.Selector, spec.Selector)
	if in.CreateExternalLoadBalancer != (spec.Type == corev1.ServiceTypeLoadBalancer) {
		spec.Type = corev1.ServiceTypeClusterIP
		if in.CreateExternalLoadBalancer {
			spec.Type = corev1.ServiceTypeLoadBalancer
		}
	}
	spec.ExternalIPs = replaceStrings(in.PublicIPs, spec.ExternalIPs)
	if spec.ClusterIP != in.PortalIP {
		spec.ClusterIP, spec.ClusterIPs = in.PortalIP, nil
		if in.PortalIP != "" {
			spec.ClusterIPs = []string{in.PortalIP}
		}
	}
	if a := corev1.ServiceAffinity(in.SessionAffinity); a != spec.SessionAffinity {
		spec.SessionAffinity = a
		spec.SessionAffinityConfig = nil // core fills in the default of the new one
	}
	if len(spec.Ports) > 0 || in.Port != 0 || stored == nil {
		servicePortToCore(in, spec, &original)
	}
	out.Annotations = original.write(out.Annotations)
	return out
}

func servicePortToCore(in *wire.Service, spec *corev1.ServiceSpec, original *originals) {
	if len(spec.Ports) == 0 {
		spec.Ports = []corev1.ServicePort{{}}
	}
	p := &spec.Ports[0]
	p.Port = int32(in.Port)
	protocol := strings.ToUpper(in.Protocol)
	if protocol != in.Protocol {
		original.Protocol = in.Protocol
	}
	p.Protocol = corev1.Protocol(protocol)
	switch {
	case in.ContainerPort.Type == intstr.String:
		original.PortNames = rememberName(original.PortNames, in.ContainerPort.StrVal)
		p.TargetPort = intstr.FromString(corePortName(in.ContainerPort.StrVal))
	case in.ContainerPort.IntVal == 0:
		original.FirstPort = true
		p.TargetPort = intstr.FromInt32(p.Port)
	default:
		p.TargetPort = in.ContainerPort
	}
}
