package kubelet

import (
	"net"
	"strings"
	"testing"

	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/kubernetes/cmd/kubelet/app/options"
	kubeletconfig "k8s.io/kubernetes/pkg/kubelet/apis/config"
)

func testConfig() Config {
	return Config{
		Node: "agent-1", Addresses: []net.IP{net.IPv4(10, 0, 0, 7)}, RootDir: "/var/lib/kubernetes-mesos/S0",
		Socket:  "/var/lib/kubernetes-mesos/S0/cri.sock",
		Servers: []string{"https://10.0.0.1:6443"}, CA: []byte("pem"), Token: "abcdef.0123456789abcdef",
		CPUs: 4, Memory: 8 << 30, Disk: 100 << 30,
	}
}

// Whatever Mesos gives an agent, Kubernetes' own validation accepts the resulting
// configuration, and pods can have the agent's total less the executor's share.
func TestServer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*Config)
		cores  int
		system string // cpu held back since cores are whole
		kube   string // cpu of the executor
		mem    string
		pods   int32
	}{
		{"whole cpus", func(c *Config) {}, 4, "0m", "0m", "0", 250},
		{"fractional cpus", func(c *Config) { c.CPUs = 3.6 }, 4, "400m", "0m", "0", 250},
		{"less than one cpu", func(c *Config) { c.CPUs = 0.5; c.ReservedCPUs = 0.1 }, 1, "500m", "100m", "0", 250},
		{"a cpu with float dust", func(c *Config) { c.CPUs = 2.0000000001 }, 2, "0m", "0m", "0", 250},
		{"an executor's share", func(c *Config) { c.ReservedCPUs = 0.25; c.ReservedMemory = 128 << 20 }, 4, "0m", "250m", "134217728", 250},
		{"fewer pods", func(c *Config) { c.MaxPods = 30 }, 4, "0m", "0m", "0", 30},
		{"IPv6", func(c *Config) { c.Addresses = []net.IP{net.ParseIP("2001:db8::7")} }, 4, "0m", "0m", "0", 250},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cfg := testConfig()
			c.change(&cfg)
			if err := cfg.validate(); err != nil {
				t.Fatal(err)
			}
			s, err := cfg.server(31999, 0)
			if err != nil {
				t.Fatal(err)
			}
			s.FeatureGates = map[string]bool{}
			if err := options.ValidateKubeletServer(s); err != nil {
				t.Errorf("Kubernetes refuses the configuration: %v", err)
			}
			if !s.KubeletConfiguration.SeccompDefault {
				t.Error("a pod that names no seccomp profile gets none")
			}
			if got := cfg.machine().cores; got != c.cores {
				t.Errorf("%d cores, want %d", got, c.cores)
			}
			if s.SystemReserved["cpu"] != c.system || s.KubeReserved["cpu"] != c.kube || s.KubeReserved["memory"] != c.mem {
				t.Errorf("reserved: system %v, kubelet %v; want cpu %s and %s, memory %s",
					s.SystemReserved, s.KubeReserved, c.system, c.kube, c.mem)
			}
			if s.MaxPods != c.pods {
				t.Errorf("%d pods, want %d", s.MaxPods, c.pods)
			}
		})
	}
}

// The settings that protect the machine and its other users are repeated here, so a
// change of Kubernetes' defaults or of ours cannot silently undo them.
func TestServerIsSafe(t *testing.T) {
	t.Parallel()
	cfg := testConfig()
	cfg.Addresses = append(cfg.Addresses, net.ParseIP("fd00::7"))
	s, err := cfg.server(31999, -17)
	if err != nil {
		t.Fatal(err)
	}
	for what, ok := range map[string]bool{
		"anonymous requests are refused":   !s.Authentication.Anonymous.Enabled,
		"tokens are reviewed":              s.Authentication.Webhook.Enabled,
		"access is reviewed":               s.Authorization.Mode == kubeletconfig.KubeletAuthorizationModeWebhook,
		"client certificates are checked":  s.Authentication.X509.ClientCAFile != "",
		"the read-only port is closed":     s.ReadOnlyPort == 0,
		"the health port is closed":        s.HealthzPort == 0,
		"certificates rotate":              s.RotateCertificates && s.ServerTLSBootstrap,
		"no static pods":                   s.StaticPodPath == "" && s.StaticPodURL == "",
		"iptables are left alone":          !s.MakeIPTablesUtilChains,
		"images of others are left alone":  s.ImageGCHighThresholdPercent == 100 && s.ImageMaximumGCAge.Duration == 0,
		"memory of others evicts nothing":  s.EvictionHard["memory.available"] == "",
		"image file system evicts nothing": s.EvictionHard["imagefs.available"] == "",
		"no cgroups of its own":            !s.CgroupsPerQOS && len(s.EnforceNodeAllocatable) == 0,
		"the oom score stays as it is":     s.OOMScoreAdj == -17,
		"the bootstrap token is not kept":  s.BootstrapKubeconfig == "",
		"host logs are not served":         !s.EnableSystemLogHandler && !s.EnableSystemLogQuery,
		"it serves on one address only":    s.Address == "10.0.0.7",
		"it shows all addresses":           s.NodeIP == "10.0.0.7,fd00::7",
	} {
		if !ok {
			t.Errorf("not so: %s", what)
		}
	}
	for _, path := range []string{s.RootDirectory, s.CertDirectory, s.KubeConfig, s.PodLogsDir,
		s.VolumePluginDir, s.Authentication.X509.ClientCAFile} {
		if path != cfg.RootDir && !strings.HasPrefix(path, cfg.RootDir+"/") {
			t.Errorf("%s is outside of the root directory", path)
		}
	}
	if !utilfeature.DefaultFeatureGate.Enabled("RotateKubeletServerCertificate") {
		t.Error("Kubernetes has turned serving certificates from the API server off")
	}
}

func TestConfigRefuses(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*Config){
		"no node name":             func(c *Config) { c.Node = "" },
		"cannot be reached":        func(c *Config) { c.Addresses = append(c.Addresses, net.IPv4(127, 0, 0, 1)) },
		"root directory \"\"":      func(c *Config) { c.RootDir = "" },
		"root directory \"/\"":     func(c *Config) { c.RootDir = "/" },
		"root directory \"/a/..\"": func(c *Config) { c.RootDir = "/a/.." },
		"runtime socket":           func(c *Config) { c.Socket = "cri.sock" },
		"no API server":            func(c *Config) { c.Servers = nil },
		"no certificate authority": func(c *Config) { c.CA = nil },
		"not a PEM certificate":    func(c *Config) { c.CA = []byte("pem") },
		"not an https URL":         func(c *Config) { c.CA, c.Servers = authority(t).pem, []string{"http://h"} },
		"no bootstrap token":       func(c *Config) { c.Token = "" },
		"agent has 0 cpus":         func(c *Config) { c.CPUs = 0 },
		"agent has no memory":      func(c *Config) { c.Memory = 0 },
		"executor has 5 of":        func(c *Config) { c.ReservedCPUs = 5 },
		"executor has 9":           func(c *Config) { c.ReservedMemory = 9 << 30 },
		"-1 pods":                  func(c *Config) { c.MaxPods = -1 },
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			cfg := testConfig()
			change(&cfg)
			if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want an error with %q", err, want)
			}
		})
	}
}
