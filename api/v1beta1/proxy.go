package v1beta1

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// kubeletPort is the port of a minion's kubelet.
const kubeletPort = 10250

// target checks the object that /proxy or /redirect names, and returns the port.
func (c *call) target() (port string, err error) {
	name, port, _ := strings.Cut(c.id, ":")
	if strings.Contains(port, ":") {
		return "", badRequest("%q has more than one colon: write name or name:port", c.id)
	}
	c.id = name
	if c.kind.path == "services" {
		// The endpoints count: they answer for the service.
		return port, c.exists(c.kinds["endpoints"])
	}
	return port, c.exists(c.kind)
}

func (c *call) exists(k *kind) error {
	probe := *c
	probe.kind = k
	_, err := probe.stored()
	return err
}

// proxy forwards a request to an object's port through the API server, which has the
// route and the credentials.
func (c *call) proxy() error {
	port, err := c.target()
	if err != nil {
		return err
	}
	name := c.id
	if port != "" {
		name += ":" + port
	}
	if hasDotSegment(c.rest) {
		return noSuchPath(c.r)
	}
	query := c.r.URL.RawQuery
	if c.namespaced {
		own := c.r.URL.Query()
		own.Del("namespace") // ours
		query = own.Encode()
	}
	r := c.r.Clone(c.r.Context())
	address(r, c.at(c.namespace, name, "proxy")+c.rest, query)
	c.api.ServeHTTP(c.w, r)
	return nil
}

// redirect sends the client to an object's port.
func (c *call) redirect() error {
	port, err := c.target()
	if err != nil {
		return err
	}
	host, err := c.hostPort(port)
	if err != nil {
		return err
	}
	c.w.Header().Set("Location", "http://"+host)
	c.w.WriteHeader(http.StatusTemporaryRedirect)
	return nil
}

// hostPort returns the host:port at which an object can be reached.
func (c *call) hostPort(port string) (string, error) {
	if c.kind.path == "services" {
		return c.serviceAddress(port)
	}
	o, err := c.stored()
	if err != nil {
		return "", err
	}
	switch o := o.(type) {
	case *corev1.Node:
		if port == "" {
			port = strconv.Itoa(kubeletPort)
		}
		return net.JoinHostPort(o.Name, port), nil
	case *corev1.Pod:
		if o.Status.PodIP == "" {
			return "", unreachable("pod %q has no address yet: wait until it runs", o.Name)
		}
		if port == "" {
			port = firstPort(o)
		}
		if port == "" {
			return o.Status.PodIP, nil
		}
		return net.JoinHostPort(o.Status.PodIP, port), nil
	}
	return "", unreachable("a %s has no address", c.name)
}

func firstPort(p *corev1.Pod) string {
	for _, c := range p.Spec.Containers {
		if len(c.Ports) > 0 {
			return strconv.Itoa(int(c.Ports[0].ContainerPort))
		}
	}
	return ""
}

// serviceAddress returns a random one of a service's addresses.
func (c *call) serviceAddress(portName string) (string, error) {
	probe := *c
	probe.kind = c.kinds["endpoints"]
	o, err := probe.stored()
	if err != nil {
		return "", err
	}
	var all []string
	for _, s := range o.(*corev1.Endpoints).Subsets {
		for i, p := range s.Ports {
			if portName != "" && p.Name != portName || portName == "" && i > 0 {
				continue
			}
			for _, a := range s.Addresses {
				all = append(all, net.JoinHostPort(a.IP, strconv.Itoa(int(p.Port))))
			}
		}
	}
	if len(all) == 0 {
		return "", unreachable("service %q has no ready pod", c.id)
	}
	return all[rand.IntN(len(all))], nil
}

func unreachable(format string, args ...any) error {
	return failure(http.StatusInternalServerError, "InternalError", fmt.Sprintf(format, args...), nil)
}
