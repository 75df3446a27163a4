package spec

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	docker "github.com/fsouza/go-dockerclient"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

var specSettings = Settings{
	Owner: Owner{"f1", "a1"}, PauseImage: "pause:1", OOMFloor: -10, LogSize: 100, LogFiles: 3, PidsLimit: 50,
}

// fields are parts of a Docker configuration as it goes over the wire.
type fields map[string]string

// check compares single fields of what is sent to Docker; "" is an omitted field.
func (f fields) check(t *testing.T, o docker.CreateContainerOptions) {
	t.Helper()
	sent := map[string]json.RawMessage{}
	for _, part := range []any{o.Config, o.HostConfig} {
		text, err := json.Marshal(part)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &sent); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range f {
		if got := string(sent[name]); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestSandboxSpec(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*runtimeapi.PodSandboxConfig, *Settings)
		want   fields
	}{
		"plain": {nil, fields{
			"Image": `"pause:1"`, "NetworkMode": `"bridge"`, "IpcMode": `"shareable"`, "PidMode": "", "UTSMode": "",
			"OomScoreAdj": "-10", "CpuShares": "2", "CapDrop": `["ALL"]`, "Dns": "", "Hostname": "", "CgroupParent": "",
			"SecurityOpt": `["no-new-privileges"]`, "LogConfig": `{"Type":"none"}`, "Privileged": "",
		}},
		"may be hard to kill": {func(_ *runtimeapi.PodSandboxConfig, s *Settings) { s.OOMFloor = -1000 }, fields{"OomScoreAdj": "-998"}},
		"host's namespaces": {func(c *runtimeapi.PodSandboxConfig, _ *Settings) {
			node := runtimeapi.NamespaceMode_NODE
			c.Linux.SecurityContext.NamespaceOptions = &runtimeapi.NamespaceOption{Network: node, Pid: node, Ipc: node}
			c.Hostname = "h"
			c.PortMappings = []*runtimeapi.PortMapping{{ContainerPort: 80, HostPort: 80}}
		}, fields{"NetworkMode": `"host"`, "PidMode": `"host"`, "IpcMode": `"host"`, "UTSMode": `"host"`, "PortBindings": "", "Hostname": ""}},
		"ports": {func(c *runtimeapi.PodSandboxConfig, _ *Settings) {
			c.PortMappings = []*runtimeapi.PortMapping{
				{ContainerPort: 80, HostPort: 31000},
				{ContainerPort: 80, HostPort: 31001, HostIp: "10.0.0.1"},
				{ContainerPort: 53, HostPort: 31053, Protocol: runtimeapi.Protocol_UDP},
				{ContainerPort: 90},
			}
		}, fields{
			"ExposedPorts": `{"53/udp":{},"80/tcp":{}}`,
			"PortBindings": `{"53/udp":[{"HostPort":"31053"}],"80/tcp":[{"HostPort":"31000"},{"HostIp":"10.0.0.1","HostPort":"31001"}]}`,
		}},
		"dns": {func(c *runtimeapi.PodSandboxConfig, _ *Settings) {
			c.DnsConfig = &runtimeapi.DNSConfig{Servers: []string{"10.0.0.10"}, Searches: []string{"a.b"}, Options: []string{"ndots:5"}}
		}, fields{"Dns": `["10.0.0.10"]`, "DnsSearch": `["a.b"]`, "DnsOptions": `["ndots:5"]`}},
		"dns without search": {func(c *runtimeapi.PodSandboxConfig, _ *Settings) {
			c.DnsConfig = &runtimeapi.DNSConfig{Servers: []string{"10.0.0.10"}}
		}, fields{"DnsSearch": `["."]`, "DnsOptions": `["ndots:1"]`}},
		"user": {func(c *runtimeapi.PodSandboxConfig, _ *Settings) {
			c.Linux.SecurityContext.RunAsUser = &runtimeapi.Int64Value{Value: 5}
			c.Linux.SecurityContext.RunAsGroup = &runtimeapi.Int64Value{Value: 6}
		}, fields{"User": `"5:6"`}},
		"cgroup of the executor": {func(_ *runtimeapi.PodSandboxConfig, s *Settings) { s.CgroupParent = "/mesos/c1" },
			fields{"CgroupParent": `"/mesos/c1"`}},
		"cgroup of the pod": {func(c *runtimeapi.PodSandboxConfig, s *Settings) {
			s.CgroupParent, c.Linux.CgroupParent = "/mesos/c1", "/kubepods/pod1"
		}, fields{"CgroupParent": `"/kubepods/pod1"`}},
		"no slice under systemd": {func(_ *runtimeapi.PodSandboxConfig, s *Settings) {
			s.SystemdCgroup, s.CgroupParent = true, "/mesos/0a7c"
		}, fields{"CgroupParent": ""}},
		"cgroup under systemd": {func(c *runtimeapi.PodSandboxConfig, s *Settings) {
			s.SystemdCgroup, c.Linux.CgroupParent = true, "/kubepods.slice/kubepods-pod1.slice"
		}, fields{"CgroupParent": `"kubepods-pod1.slice"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := &runtimeapi.PodSandboxConfig{
				Metadata: &runtimeapi.PodSandboxMetadata{Name: "php", Namespace: "default", Uid: "u1", Attempt: 2},
				Linux:    &runtimeapi.LinuxPodSandboxConfig{SecurityContext: &runtimeapi.LinuxSandboxSecurityContext{Privileged: true}},
			}
			s := specSettings
			if c.change != nil {
				c.change(config, &s)
			}
			o, err := NewSandbox(s, config, "")
			if err != nil {
				t.Fatal(err)
			}
			if o.Name != "k8s--net--php--default--u1--pod2" {
				t.Errorf("name %s", o.Name)
			}
			c.want.check(t, o)
		})
	}
}

func TestContainerSpec(t *testing.T) {
	t.Parallel()
	type config = runtimeapi.ContainerConfig
	for name, c := range map[string]struct {
		change func(*config)
		want   fields
	}{
		"plain": {nil, fields{
			"Image": `"sha256:i"`, "Entrypoint": "null", "Cmd": "null", "NetworkMode": `"container:s1"`, "IpcMode": `"container:s1"`,
			"PidMode": `"container:s1"`, "User": "", "OpenStdin": "", "Tty": "", "StopSignal": "", "SecurityOpt": `["seccomp=unconfined"]`, "MaskedPaths": `["/proc/none"]`,
			"LogConfig":   `{"Type":"json-file","Config":{"max-file":"3","max-size":"100"}}`,
			"PidsLimit":   "50",
			"Healthcheck": `{"Test":["NONE"]}`, "OomScoreAdj": "", "MemorySwap": "",
		}},
		"command": {func(c *config) { c.Command, c.Args = []string{"a"}, []string{"b"} }, fields{"Entrypoint": `["a"]`, "Cmd": `["b"]`}},
		"resources": {func(c *config) {
			c.Linux.Resources = &runtimeapi.LinuxContainerResources{CpuShares: 5, CpuPeriod: 6, CpuQuota: 7, MemoryLimitInBytes: 8, CpusetCpus: "0", CpusetMems: "1", OomScoreAdj: -500}
		}, fields{"CpuShares": "5", "CpuPeriod": "6", "CpuQuota": "7", "Memory": "8", "MemorySwap": "8", "CpusetCpus": `"0"`, "CpusetMems": `"1"`, "OomScoreAdj": "-10"}},
		"swap": {func(c *config) {
			c.Linux.Resources = &runtimeapi.LinuxContainerResources{MemoryLimitInBytes: 8, MemorySwapLimitInBytes: 12}
		}, fields{"MemorySwap": "12"}},
		"mounts": {func(c *config) {
			c.Mounts = []*runtimeapi.Mount{
				{HostPath: "/a:b", ContainerPath: "/c", Readonly: true, Propagation: runtimeapi.MountPropagation_PROPAGATION_BIDIRECTIONAL},
				{HostPath: "/d", ContainerPath: "/e", SelinuxRelabel: true, Propagation: runtimeapi.MountPropagation_PROPAGATION_HOST_TO_CONTAINER},
			}
		}, fields{
			"Mounts": `[{"Target":"/c","Source":"/a:b","Type":"bind","ReadOnly":true,"BindOptions":{"Propagation":"rshared"}}]`,
			"Binds":  `["/d:/e:rw,z,rslave"]`,
		}},
		"privileged": {func(c *config) { c.Linux.SecurityContext.Privileged = true },
			fields{"Privileged": "true", "MaskedPaths": "", "ReadonlyPaths": "", "SecurityOpt": ""}},
		"unconfined": {func(c *config) {
			c.Linux.SecurityContext.Seccomp = &runtimeapi.SecurityProfile{ProfileType: runtimeapi.SecurityProfile_Unconfined}
			c.Linux.SecurityContext.Apparmor = &runtimeapi.SecurityProfile{ProfileType: runtimeapi.SecurityProfile_Unconfined}
		}, fields{"SecurityOpt": `["seccomp=unconfined","apparmor=unconfined"]`}},
		"profiles": {func(c *config) {
			c.Linux.SecurityContext.Seccomp = &runtimeapi.SecurityProfile{ProfileType: runtimeapi.SecurityProfile_Localhost, LocalhostRef: "/p"}
			c.Linux.SecurityContext.Apparmor = &runtimeapi.SecurityProfile{ProfileType: runtimeapi.SecurityProfile_Localhost, LocalhostRef: "localhost/mine"}
			c.Linux.SecurityContext.SelinuxOptions = &runtimeapi.SELinuxOption{Type: "t", Level: "l"}
			c.Linux.SecurityContext.NoNewPrivs = true
		}, fields{"SecurityOpt": `["no-new-privileges","seccomp={}","apparmor=mine","label=type:t","label=level:l"]`}},
		"user by name": {func(c *config) {
			c.Linux.SecurityContext.RunAsUsername = "web"
			c.Linux.SecurityContext.RunAsGroup = &runtimeapi.Int64Value{Value: 7}
			c.Linux.SecurityContext.SupplementalGroups = []int64{8, 9}
		}, fields{"User": `"web:7"`, "GroupAdd": `["8","9"]`}},
		"root": {func(c *config) { c.Linux.SecurityContext.RunAsUser = &runtimeapi.Int64Value{} }, fields{"User": `"0"`}},
		"own processes": {func(c *config) {
			c.Linux.SecurityContext.NamespaceOptions = &runtimeapi.NamespaceOption{Pid: runtimeapi.NamespaceMode_CONTAINER}
		}, fields{"PidMode": ""}},
		"processes of another": {func(c *config) {
			c.Linux.SecurityContext.NamespaceOptions = &runtimeapi.NamespaceOption{Pid: runtimeapi.NamespaceMode_TARGET, TargetId: "c9"}
		}, fields{"PidMode": `"container:c9"`}},
		"host's namespaces": {func(c *config) {
			node := runtimeapi.NamespaceMode_NODE
			c.Linux.SecurityContext.NamespaceOptions = &runtimeapi.NamespaceOption{Network: node, Pid: node, Ipc: node}
		}, fields{"NetworkMode": `"container:s1"`, "PidMode": `"host"`, "IpcMode": `"host"`, "UTSMode": `"host"`}},
		"signal":      {func(c *config) { c.StopSignal = runtimeapi.Signal_SIGRTMINPLUS3 }, fields{"StopSignal": `"SIGRTMIN+3"`}},
		"terminal":    {func(c *config) { c.Tty, c.Stdin, c.StdinOnce = true, true, true }, fields{"Tty": "true", "OpenStdin": "true", "StdinOnce": "true"}},
		"environment": {func(c *config) { c.Envs = []*runtimeapi.KeyValue{{Key: "A", Value: []byte("1")}} }, fields{"Env": `["A=1"]`}},
		"cdi device":  {func(c *config) { c.CDIDevices = []*runtimeapi.CDIDevice{{Name: "v/d=1"}} }, fields{"DeviceRequests": `[{"Driver":"cdi","DeviceIDs":["v/d=1"]}]`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := plainRequest()
			if c.change != nil {
				c.change(o.Config)
			}
			spec, err := NewContainer(specSettings, o)
			if err != nil {
				t.Fatal(err)
			}
			if spec.Name != "k8s--web--php--default--u1--3" {
				t.Errorf("name %s", spec.Name)
			}
			c.want.check(t, spec)
		})
	}
}

func plainRequest() ContainerRequest {
	return ContainerRequest{
		Sandbox: "s1",
		Seccomp: "{}",
		Pod:     &runtimeapi.PodSandboxConfig{Metadata: &runtimeapi.PodSandboxMetadata{Name: "php", Namespace: "default", Uid: "u1"}, LogDirectory: "/logs"},
		Config: &runtimeapi.ContainerConfig{
			Metadata: &runtimeapi.ContainerMetadata{Name: "web", Attempt: 3},
			Image:    &runtimeapi.ImageSpec{Image: "sha256:i", UserSpecifiedImage: "nginx"},
			LogPath:  "web/3.log",
			Linux:    &runtimeapi.LinuxContainerConfig{SecurityContext: &runtimeapi.LinuxContainerSecurityContext{}},
		},
	}
}

// What Docker cannot do is refused, with the reason, and never silently omitted.
func TestRefused(t *testing.T) {
	t.Parallel()
	type config = runtimeapi.ContainerConfig
	for want, change := range map[string]func(*config){
		"runAsGroup": func(c *config) { c.Linux.SecurityContext.RunAsGroup = &runtimeapi.Int64Value{Value: 1} },
		"Strict": func(c *config) {
			c.Linux.SecurityContext.SupplementalGroupsPolicy = runtimeapi.SupplementalGroupsPolicy_Strict
		},
		"ambient": func(c *config) {
			c.Linux.SecurityContext.Capabilities = &runtimeapi.Capability{AddAmbientCapabilities: []string{"KILL"}}
		},
		"image as":     func(c *config) { c.Mounts = []*runtimeapi.Mount{{Image: &runtimeapi.ImageSpec{Image: "i"}}} },
		"mapped users": func(c *config) { c.Mounts = []*runtimeapi.Mount{{UidMappings: []*runtimeapi.IDMapping{{}}}} },
		"recursive":    func(c *config) { c.Mounts = []*runtimeapi.Mount{{RecursiveReadOnly: true}} },
		"without a name": func(c *config) {
			c.Linux.SecurityContext.Apparmor = &runtimeapi.SecurityProfile{ProfileType: runtimeapi.SecurityProfile_Localhost}
		},
		"metadata": func(c *config) { c.Metadata = nil },
	} {
		o := plainRequest()
		change(o.Config)
		_, err := NewContainer(specSettings, o)
		var bad *InvalidError
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	user := &runtimeapi.PodSandboxConfig{
		Metadata: &runtimeapi.PodSandboxMetadata{Name: "php", Uid: "u"},
		Linux: &runtimeapi.LinuxPodSandboxConfig{SecurityContext: &runtimeapi.LinuxSandboxSecurityContext{
			NamespaceOptions: &runtimeapi.NamespaceOption{UsernsOptions: &runtimeapi.UserNamespace{Mode: runtimeapi.NamespaceMode_POD}},
		}},
	}
	if _, err := NewSandbox(specSettings, user, ""); err == nil {
		t.Error("user namespaces: no error")
	}
}

// A Record survives the round trip through labels, and matches no other owner.
func TestLabels(t *testing.T) {
	t.Parallel()
	owner := Owner{"f1", "a1"}
	in := Record{
		Type: TypeContainer, Sandbox: "s1", Pod: "php", Namespace: "default", UID: "u1", Container: "web", Attempt: 4,
		Image: "nginx", ImageID: "sha256:1", Log: "/l", Spec: "d", Handler: "h",
		Labels: map[string]string{"a": "b=\"c\"", "é": ""}, Annotations: map[string]string{"x": "line\nline"},
	}
	labels := owner.Labels(in)
	labels[LabelSpec] = in.Spec
	labels["from.the.image"] = "yes"
	out, ours := owner.Read(labels)
	if !ours || !reflect.DeepEqual(in, out) {
		t.Errorf("%v\n%v", in, out)
	}
	for name, change := range map[string]func(map[string]string){
		"framework": func(m map[string]string) { m[LabelFramework] = "f2" },
		"agent":     func(m map[string]string) { m[LabelAgent] = "a2" },
		"no agent":  func(m map[string]string) { delete(m, LabelAgent) },
		"type":      func(m map[string]string) { m[LabelType] = "volume" },
		"attempt":   func(m map[string]string) { m[LabelAttempt] = "-1" },
	} {
		labels := owner.Labels(in)
		change(labels)
		if _, ours := owner.Read(labels); ours {
			t.Errorf("%s: taken for ours", name)
		}
	}
}
