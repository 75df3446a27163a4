package validate

import (
	"fmt"
	"net"
	"strconv"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// Service checks a service.
func Service(s *wire.Service) Causes {
	var c Causes
	c.meta(&s.Meta, s.Labels, serviceName, true)
	if !portOK(int64(s.Port)) {
		c.invalid("spec.port", s.Port, portCure)
	}
	if !protocolOK(s.Protocol) {
		c.notSupported("spec.protocol", s.Protocol, protocolCure)
	}
	switch p := s.ContainerPort; {
	case p.Type == intstr.String && p.StrVal == "":
		c.required("spec.containerPort", "name a port of the pods, give its number, or leave it out for their first port")
	case p.Type == intstr.Int && p.IntVal != 0 && !portOK(int64(p.IntVal)):
		c.invalid("spec.containerPort", p.IntVal, portCure+", or 0 for the pods' first port")
	}
	c.labels("spec.selector", s.Selector)
	if a := s.SessionAffinity; a != "None" && a != "ClientIP" {
		c.notSupported("spec.sessionAffinity", a, "use None or ClientIP")
	}
	if s.PortalIP != "" && s.PortalIP != "None" && net.ParseIP(s.PortalIP) == nil {
		c.invalid("spec.portalIP", s.PortalIP, "leave it out, write None, or give an IP address")
	}
	for _, text := range s.PublicIPs {
		if ip := net.ParseIP(text); ip != nil && (ip.IsUnspecified() || ip.IsLoopback()) {
			c.invalid("spec.publicIPs", text, "give an address that others can reach")
		}
	}
	return c
}

// Endpoints checks endpoints.
func Endpoints(e *wire.Endpoints) Causes {
	var c Causes
	c.meta(&e.Meta, nil, dnsSubdomain, true)
	if len(e.Subsets) == 0 {
		for i, text := range e.Endpoints {
			host, portText, err := net.SplitHostPort(text)
			port, portErr := strconv.ParseInt(portText, 10, 32)
			if err != nil || portErr != nil || net.ParseIP(host) == nil || !portOK(port) {
				c.invalid(fmt.Sprintf("endpoints[%d]", i), text, `write "ip:port", such as "10.0.0.1:80"`)
			}
		}
	}
	for i := range e.Subsets {
		s, at := &e.Subsets[i], fmt.Sprintf("subsets[%d]", i)
		if len(s.Addresses) == 0 {
			c.required(at+".addresses", "give at least one address")
		}
		if len(s.Ports) == 0 {
			c.required(at+".ports", "give at least one port")
		}
		for j, p := range s.Ports {
			if int(int32(p.Port)) != p.Port { // what fits is left to core
				c.invalid(fmt.Sprintf("%s.ports[%d].port", at, j), p.Port, portCure)
			}
		}
	}
	return c
}
