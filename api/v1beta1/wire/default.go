package wire

import (
	"strings"
)

// Default fills in what a client may leave out of a pod.
func (p *Pod) Default() { p.DesiredState.Manifest.Default() }

// Default fills in what a client may leave out of a controller.
func (rc *ReplicationController) Default() {
	rc.DesiredState.PodTemplate.DesiredState.Manifest.Default()
}

// Default fills in what a client may leave out of a manifest.
func (m *ContainerManifest) Default() {
	if m.DNSPolicy == "" {
		m.DNSPolicy = "ClusterFirst"
	}
	if m.RestartPolicy == (RestartPolicy{}) {
		m.RestartPolicy.Always = &struct{}{}
	}
	for i := range m.Containers {
		c := &m.Containers[i]
		c.Default()
		for j := range c.Ports {
			if m.HostNetwork && c.Ports[j].HostPort == 0 {
				c.Ports[j].HostPort = c.Ports[j].ContainerPort
			}
		}
	}
}

// Default fills in what a client may leave out of a container.
func (c *Container) Default() {
	for i := range c.Ports {
		if c.Ports[i].Protocol == "" {
			c.Ports[i].Protocol = "TCP"
		}
	}
	if c.TerminationMessagePath == "" {
		c.TerminationMessagePath = "/dev/termination-log"
	}
	if c.ImagePullPolicy == "" {
		// Only the text after the last colon counts; an image without a tag is
		// not pulled again, unlike in core/v1.
		c.ImagePullPolicy = "PullIfNotPresent"
		if c.Image[strings.LastIndexByte(c.Image, ':')+1:] == "latest" {
			c.ImagePullPolicy = "PullAlways"
		}
	}
	for _, p := range []*Probe{c.LivenessProbe, c.ReadinessProbe} {
		if p == nil {
			continue
		}
		if p.TimeoutSeconds == 0 {
			p.TimeoutSeconds = 1
		}
		p.Handler.Default()
	}
	if c.Lifecycle != nil {
		c.Lifecycle.PostStart.Default()
		c.Lifecycle.PreStop.Default()
	}
}

// Default fills in the path of an HTTP request.
func (h *Handler) Default() {
	if h != nil && h.HTTPGet != nil && h.HTTPGet.Path == "" {
		h.HTTPGet.Path = "/"
	}
}

// Default fills in what a client may leave out of a service.
func (s *Service) Default() {
	if s.Protocol == "" {
		s.Protocol = "TCP"
	}
	if s.SessionAffinity == "" {
		s.SessionAffinity = "None"
	}
}

// Default fills in an event's times: an event without a first time happened once, at
// its timestamp.
func (e *Event) Default() {
	if e.FirstTimestamp.IsZero() {
		e.FirstTimestamp, e.LastTimestamp, e.Count = e.Timestamp, e.Timestamp, 1
	}
}

// Default sets the minion's external id to its id.
func (m *Minion) Default() {
	if m.ExternalID == "" {
		m.ExternalID = m.ID
	}
}

// Default fills in a secret's type.
func (s *Secret) Default() {
	if s.Type == "" {
		s.Type = "Opaque"
	}
}
