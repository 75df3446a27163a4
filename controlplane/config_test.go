package controlplane

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/kubernetes/cmd/kube-controller-manager/app"
	"k8s.io/kubernetes/cmd/kube-controller-manager/names"
)

// wantConfigError checks that err names the setting and contains something.
func wantConfigError(t *testing.T, err error, setting, something string) {
	t.Helper()
	var c *ConfigError
	if !errors.As(err, &c) || c.Setting != setting || !strings.Contains(err.Error(), something) {
		t.Errorf("error %v, want a ConfigError of %s with %q", err, setting, something)
	}
}

func TestBadConfig(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() })
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name       string
		change     func(*Config)
		flag, says string
	}{
		{"no data directory", func(c *Config) { c.DataDir = "" }, "data_dir", "no data directory"},
		{"data directory is a file", func(c *Config) { c.DataDir = file }, "data_dir", file},
		{"local port in use", func(c *Config) { c.LocalAddress = taken.Addr().String() }, "port", "in use by another process"},
		{"secure port in use", func(c *Config) { c.SecureAddress = taken.Addr().String() }, "secure_port", "in use by another process"},
		{"local port is no port", func(c *Config) { c.LocalAddress = "127.0.0.1:http-but-not" }, "port", "http-but-not"},
		{"local address of another machine", func(c *Config) { c.LocalAddress = "192.0.2.77:0" }, "port", "cannot assign"},
		{"secure address without port", func(c *Config) { c.SecureAddress = "127.0.0.1" }, "secure_port", "missing port"},
		{"secure address is a name", func(c *Config) { c.SecureAddress = "box:6443" }, "secure_port", "not an IP address"},
		{"advertised name", func(c *Config) { c.AdvertiseAddress = "box" }, "advertise_address", `"box"`},
		{"advertised nowhere", func(c *Config) { c.AdvertiseAddress = "0.0.0.0" }, "advertise_address", "reach"},
		{"service range", func(c *Config) { c.ServiceClusterIPRange = "10.10.10.0" }, "service_cluster_ip_range", "10.10.10.0"},
		{"service range of one", func(c *Config) { c.ServiceClusterIPRange = "10.10.10.0/32" }, "service_cluster_ip_range", "10.10.10.0"},
		{"cluster CIDR", func(c *Config) { c.ClusterCIDR = "x" }, "cluster_cidr", "x"},
		{"etcd without scheme", func(c *Config) { c.EtcdServers = []string{"127.0.0.1:2379"} }, "etcd_servers", "127.0.0.1:2379"},
		{"etcd's CA without https", func(c *Config) { c.EtcdServers, c.EtcdCAFile = []string{"http://127.0.0.1:1"}, file }, "etcd_ca_file", "https"},
		{"etcd's CA without etcd", func(c *Config) { c.EtcdCAFile = file }, "etcd_ca_file", "https"},
		{"etcd's CA is no certificate", func(c *Config) { c.EtcdServers, c.EtcdCAFile = []string{"https://127.0.0.1:1"}, file }, "etcd_ca_file", file},
		{"etcd's CA is missing", func(c *Config) { c.EtcdServers, c.EtcdCAFile = []string{"https://127.0.0.1:1"}, "/nowhere" }, "etcd_ca_file", "/nowhere"},
		{"certificate for etcd without key", func(c *Config) { c.EtcdServers, c.EtcdCertFile = []string{"https://127.0.0.1:1"}, file }, "etcd_cert_file", "together"},
		{"certificate for etcd is none", func(c *Config) {
			c.EtcdServers, c.EtcdCertFile, c.EtcdKeyFile = []string{"https://127.0.0.1:1"}, file, file
		}, "etcd_cert_file", "PEM"},
		{"unknown controller", func(c *Config) { c.Controllers = []string{"*", "-nonesuch"} }, "controllers", `"nonesuch"; there are`},
		{"no Pod Security Standard", func(c *Config) { c.PodSecurity = "strict" }, "pod_security", "privileged, baseline, restricted"},
		{"audit log nowhere", func(c *Config) { c.AuditLog = "/nowhere/audit.log" }, "audit_log", "/nowhere/audit.log"},
		{"none and more", func(c *Config) { c.Controllers = []string{"none", "job-controller"} }, "controllers", "stands alone"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cfg := Config{DataDir: t.TempDir(), LocalAddress: "127.0.0.1:0", SecureAddress: "127.0.0.1:0"}
			c.change(&cfg)
			plane, err := New(cfg)
			if err == nil {
				plane.Close()
			}
			wantConfigError(t, err, c.flag, c.says)
		})
	}
}

// A process has one control plane; a second one releases what it acquired.
func TestSecondInProcess(t *testing.T) {
	t.Parallel()
	cfg := Config{DataDir: t.TempDir(), LocalAddress: "127.0.0.1:0", SecureAddress: "127.0.0.1:0"}
	for range 2 {
		c, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Run(t.Context()); !errors.Is(err, ErrSecond) {
			t.Errorf("Run: %v, want ErrSecond", err)
		}
	}
}

func TestChoice(t *testing.T) {
	t.Parallel()
	const (
		rc, job, lifecycle = names.ReplicationControllerController, names.JobController, names.NodeLifecycleController
		signer, sa         = names.CertificateSigningRequestSigningController, names.ServiceAccountController
	)
	for _, c := range []struct {
		name     string
		wanted   []string
		noAgents bool
		on, off  []string
	}{
		{"the default", nil, false, []string{rc, job, signer, sa, names.TokenCleanerController}, []string{lifecycle, names.BootstrapSignerController}},
		{"all but one", []string{"*", "-" + job}, false, []string{rc, signer}, []string{job, lifecycle}},
		{"one that is switched off", []string{"*", lifecycle}, false, []string{rc, lifecycle}, nil},
		{"by an old name", []string{"replicationcontroller"}, false, []string{rc, signer}, []string{job, sa}},
		{"nothing said", []string{""}, false, []string{rc, signer}, []string{lifecycle}},
		{"none", []string{"none"}, false, []string{signer}, []string{rc, sa}},
		{"none and no agents", []string{"none"}, true, nil, []string{signer, rc, sa}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := choose(c.wanted, c.noAgents)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range c.on {
				if !got.runs(name) {
					t.Errorf("%s does not run", name)
				}
			}
			for _, name := range c.off {
				if got.runs(name) {
					t.Errorf("%s runs", name)
				}
			}
		})
	}
}

// Every switched-off name is a controller that would otherwise run.
func TestSwitchedOffIsKnown(t *testing.T) {
	t.Parallel()
	known := choice{names: []string{"*"}}
	for name, why := range SwitchedOff() {
		if !known.runs(name) || why == "" {
			t.Errorf("%s: %q", name, why)
		}
	}
	for _, name := range app.KnownControllers() {
		if (choice{}).runs(name) {
			t.Errorf("%s runs without being chosen", name)
		}
	}
}
