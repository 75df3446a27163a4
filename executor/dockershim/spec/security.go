package spec

import (
	"strconv"
	"strings"

	docker "github.com/fsouza/go-dockerclient"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// securitySpec sets which user a container runs as and what it may do. A nil context
// leaves Docker's defaults.
func securitySpec(config *docker.Config, host *docker.HostConfig, s *runtimeapi.LinuxContainerSecurityContext, seccomp string) error {
	if s == nil {
		return nil
	}
	if s.RunAsGroup != nil && s.RunAsUser == nil && s.RunAsUsername == "" {
		return Invalid("runAsGroup %d without a user: Docker needs both; set runAsUser", s.RunAsGroup.Value)
	}
	if s.SupplementalGroupsPolicy == runtimeapi.SupplementalGroupsPolicy_Strict {
		return Invalid("supplementalGroupsPolicy Strict: Docker always adds the image's groups")
	}
	if len(s.GetCapabilities().GetAddAmbientCapabilities()) > 0 {
		return Invalid("ambient capabilities: Docker cannot add them")
	}
	config.User = userSpec(s.RunAsUser, s.RunAsUsername, s.RunAsGroup)
	for _, g := range s.SupplementalGroups {
		host.GroupAdd = append(host.GroupAdd, strconv.FormatInt(g, 10))
	}
	host.Privileged = s.Privileged
	host.ReadonlyRootfs = s.ReadonlyRootfs
	host.CapAdd = s.GetCapabilities().GetAddCapabilities()
	host.CapDrop = s.GetCapabilities().GetDropCapabilities()
	if !s.Privileged {
		host.MaskedPaths = pathsOrNone(s.MaskedPaths)
		host.ReadonlyPaths = pathsOrNone(s.ReadonlyPaths)
	}
	options, err := securityOptions(s, seccomp)
	host.SecurityOpt = options
	return err
}

func userSpec(user *runtimeapi.Int64Value, name string, group *runtimeapi.Int64Value) string {
	if user != nil {
		name = strconv.FormatInt(user.Value, 10)
	}
	if group != nil && name != "" {
		name += ":" + strconv.FormatInt(group.Value, 10)
	}
	return name
}

// pathsOrNone returns the paths to hide. The client omits an empty list, and Docker then
// uses its default list; a path that does not exist hides nothing.
func pathsOrNone(paths []string) []string {
	if len(paths) == 0 {
		return []string{"/proc/none"}
	}
	return paths
}

// securityOptions returns the options for Docker's --security-opt. Docker itself leaves
// privileged containers unconfined.
func securityOptions(s *runtimeapi.LinuxContainerSecurityContext, seccomp string) ([]string, error) {
	var options []string
	if s.NoNewPrivs {
		options = append(options, "no-new-privileges")
	}
	if !s.Privileged {
		switch p := s.GetSeccomp(); {
		// To the community's test suite for runtimes, no profile means unconfined. The
		// kubelet always specifies one.
		case p == nil || p.ProfileType == runtimeapi.SecurityProfile_Unconfined:
			options = append(options, "seccomp=unconfined")
		case p.ProfileType == runtimeapi.SecurityProfile_Localhost:
			options = append(options, "seccomp="+seccomp)
		}
		option, err := apparmorOption(s)
		if err != nil {
			return nil, err
		}
		options = append(options, option...)
	}
	for _, label := range [][2]string{
		{"user", s.GetSelinuxOptions().GetUser()},
		{"role", s.GetSelinuxOptions().GetRole()},
		{"type", s.GetSelinuxOptions().GetType()},
		{"level", s.GetSelinuxOptions().GetLevel()},
	} {
		if label[1] != "" {
			options = append(options, "label="+label[0]+":"+label[1])
		}
	}
	return options, nil
}

func apparmorOption(s *runtimeapi.LinuxContainerSecurityContext) ([]string, error) {
	switch s.GetApparmor().GetProfileType() {
	case runtimeapi.SecurityProfile_Unconfined:
		return []string{"apparmor=unconfined"}, nil
	case runtimeapi.SecurityProfile_Localhost:
		name := strings.TrimPrefix(s.GetApparmor().GetLocalhostRef(), "localhost/")
		if name == "" {
			return nil, Invalid("apparmor profile of type Localhost without a name")
		}
		return []string{"apparmor=" + name}, nil
	}
	return nil, nil
}
