package spec

import (
	"strings"

	docker "github.com/fsouza/go-dockerclient"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// mountSpec binds host paths into the container. It uses structured mounts, which
// accept any path. Docker's older text form splits at colons, which a Mesos sandbox
// path may contain, but only that form can request an SELinux label.
func mountSpec(host *docker.HostConfig, mounts []*runtimeapi.Mount) error {
	for _, m := range mounts {
		switch {
		case m.GetImage().GetImage() != "":
			return Invalid("mount %s: an image as a volume: Docker cannot mount one", m.ContainerPath)
		case len(m.UidMappings)+len(m.GidMappings) > 0:
			return Invalid("mount %s: mapped users: Docker cannot map them", m.ContainerPath)
		case m.RecursiveReadOnly:
			return Invalid("mount %s: recursive read-only: not offered by this node", m.ContainerPath)
		case m.SelinuxRelabel && !strings.Contains(m.HostPath+m.ContainerPath, ":"):
			host.Binds = append(host.Binds, bind3(m))
		default:
			host.Mounts = append(host.Mounts, docker.HostMount{
				Type:        "bind",
				Source:      m.HostPath,
				Target:      m.ContainerPath,
				ReadOnly:    m.Readonly,
				BindOptions: &docker.BindOptions{Propagation: propagations[m.Propagation]},
			})
		}
	}
	return nil
}

// propagations maps mount propagations between host and container to Docker's names.
// It is never written to.
var propagations = map[runtimeapi.MountPropagation]string{
	runtimeapi.MountPropagation_PROPAGATION_PRIVATE:           "rprivate",
	runtimeapi.MountPropagation_PROPAGATION_HOST_TO_CONTAINER: "rslave",
	runtimeapi.MountPropagation_PROPAGATION_BIDIRECTIONAL:     "rshared",
}

// bind3 is the text form, source:target:options.
func bind3(m *runtimeapi.Mount) string {
	mode := "rw"
	if m.Readonly {
		mode = "ro"
	}
	return strings.Join([]string{m.HostPath, m.ContainerPath, mode + ",z," + propagations[m.Propagation]}, ":")
}

// mounts is the reverse of mountSpec, for a container's status: the kubelet finds the
// termination message through it.
func mounts(c *docker.Container) []*runtimeapi.Mount {
	var list []*runtimeapi.Mount
	spread := map[string]runtimeapi.MountPropagation{}
	if c.HostConfig != nil {
		for _, m := range c.HostConfig.Mounts {
			for p, word := range propagations {
				if m.BindOptions != nil && m.BindOptions.Propagation == word {
					spread[m.Target] = p
				}
			}
		}
	}
	for _, m := range c.Mounts {
		list = append(list, &runtimeapi.Mount{
			HostPath:      m.Source,
			ContainerPath: m.Destination,
			Readonly:      !m.RW,
			Propagation:   spread[m.Destination],
		})
	}
	return list
}
