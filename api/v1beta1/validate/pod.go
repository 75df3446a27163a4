package validate

import (
	"fmt"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// Rules holds what the server permits.
type Rules struct {
	// AllowPrivileged permits privileged containers.
	AllowPrivileged bool
	// PrivilegedHint says how the operator can permit them. It may be empty.
	PrivilegedHint string
}

// privilegedCure returns what a client is told whose container may not be privileged.
func (r Rules) privilegedCure() string {
	const text = "this server does not allow privileged containers"
	if r.PrivilegedHint == "" {
		return text
	}
	return text + " (" + r.PrivilegedHint + ")"
}

// Pod checks a pod.
func (r Rules) Pod(p *wire.Pod) Causes {
	var c Causes
	c.meta(&p.Meta, p.Labels, dnsSubdomain, true)
	r.manifest(&c, "spec.", &p.DesiredState.Manifest, p.NodeSelector)
	return c
}

// manifest checks a pod's or template's containers; field names begin with prefix.
func (r Rules) manifest(c *Causes, prefix string, m *wire.ContainerManifest, nodeSelector map[string]string) {
	volumes := c.volumes(prefix+"volumes", m.Volumes)
	r.containers(c, prefix+"containers", m.Containers, volumes)
	if p := m.DNSPolicy; p != "ClusterFirst" && p != "Default" {
		c.notSupported(prefix+"dnsPolicy", p, "use ClusterFirst or Default")
	}
	c.labels(prefix+"nodeSelector", nodeSelector)
	if m.HostNetwork {
		for _, container := range m.Containers {
			for _, p := range container.Ports {
				if p.HostPort != p.ContainerPort {
					c.invalid(prefix+"hostNetwork.containerPort", p.ContainerPort, "on the host's network hostPort and containerPort must be equal")
				}
			}
		}
	}
}

// volumes checks volumes and returns the names of those that can be mounted.
func (c *Causes) volumes(field string, volumes []wire.Volume) map[string]bool {
	seen := map[string]bool{}
	for i := range volumes {
		v, at := &volumes[i], fmt.Sprintf("%s[%d]", field, i)
		before := len(*c)
		c.source(at+".source", &v.Source)
		switch {
		case v.Name == "":
			c.required(at+".name", "give the volume a name")
		case !dnsLabel.ok(v.Name):
			c.invalid(at+".name", v.Name, dnsLabel.cure)
		case seen[v.Name]:
			c.duplicate(at+".name", v.Name)
		}
		if len(*c) == before {
			seen[v.Name] = true
		}
	}
	return seen
}

func (c *Causes) source(field string, s *wire.VolumeSource) {
	n := 0
	if s.HostDir != nil {
		n++
		if s.HostDir.Path == "" {
			c.required(field+".hostPath.path", "name a directory of the host")
		}
	}
	if s.EmptyDir != nil {
		n++
	}
	if g := s.GitRepo; g != nil {
		n++
		if g.Repository == "" {
			c.required(field+".gitRepo.repository", "give the repository's address")
		}
	}
	if d := s.PersistentDisk; d != nil {
		n++
		if d.PDName == "" {
			c.required(field+".persistentDisk.pdName", "name the disk")
		}
		if d.FSType == "" {
			c.required(field+".persistentDisk.fsType", "name the file system, such as ext4")
		}
		if d.Partition < 0 || d.Partition > 255 {
			c.invalid(field+".persistentDisk.partition", d.Partition, "use 0 to 255")
		}
	}
	if s.Secret != nil {
		n++
		if s.Secret.Target.Name == "" {
			c.required(field+".secret.secretName", "name the secret in target.name")
		}
	}
	if s.NFS != nil {
		n++
		if s.NFS.Server == "" {
			c.required(field+".nfs.server", "name the server")
		}
		if s.NFS.Path == "" {
			c.required(field+".nfs.path", "name the exported directory")
		}
		if len(s.NFS.Path) == 0 || s.NFS.Path[0] != '/' {
			c.invalid(field+".nfs.path", s.NFS.Path, "begin with '/'")
		}
	}
	if n > 1 {
		c.invalid(field, fmt.Sprintf("%d sources", n), "give one source, or none for an empty directory")
	}
}
