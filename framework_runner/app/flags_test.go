package app

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/logging"
)

// The seed's flags are there, and all show their default and meaning.
func TestHelp(t *testing.T) {
	var out bytes.Buffer
	if _, err := parse([]string{"-h"}, &out); !errors.Is(err, flag.ErrHelp) {
		t.Fatalf("got %v", err)
	}
	for _, name := range []string{
		"mesos_master", "executor_uri", "machines", "address", "port", "local_port_users", "root_dir", "node_address", "max_pods", "container_pids_limit", "resolv_conf", "secure_port", "api_prefix", "etcd_servers",
		"etcd_ca_file", "etcd_cert_file", "etcd_key_file",
		"data_dir", "framework_name", "framework_role", "framework_user", "failover_timeout", "teardown",
		"mesos_authentication_principal", "mesos_authentication_secret_file", "default_container_cpu",
		"default_container_mem", "default_container_disk", "pod_order", "agent_choice", "scheduler_config", "executor_cpus", "executor_mem", "resize_cpus", "resize_mem", "webui_url", "allow_privileged", "pod_security", "deny_external_ips", "encrypt_secrets", "audit_log", "controllers",
		"cluster_cidr", "node_cidr_mask_size_ipv6", "service_cluster_ip_range", "record_scheduling", "replay", "v", "logtostderr",
	} {
		if !strings.Contains(out.String(), "\n  -"+name+" ") && !strings.Contains(out.String(), "\n  -"+name+"\n") {
			t.Errorf("-h does not show -%s", name)
		}
	}
}

func TestGoodFlags(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("sesame\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o, err := parse([]string{
		"-machines=a,b", "-port=0", "-mesos_master=127.0.0.1:5050", "-executor_uri=/opt/executor_runner",
		"-mesos_authentication_principal=p", "-mesos_authentication_secret_file=" + secret,
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := o.secret(); got != "sesame" || err != nil {
		t.Errorf("the secret is %q, %v; the file's last newline is none of it", got, err)
	}
	if o.master != (master{kind: masterRemote, addr: "127.0.0.1:5050"}) {
		t.Errorf("the master is %+v", o.master)
	}
}

// Each invalid command line is rejected in one line that names the flag.
func TestBadFlags(t *testing.T) {
	open, odd, ours := written(t, "a b\n", 0o644), written(t, "a\n", 0o600), written(t, "p q\n", 0o600)
	for _, row := range []struct{ args, says string }{
		{"-port=-1", "-port"},
		{"-root_dir=pods", "-root_dir"},
		{"-root_dir=/", "-root_dir"},
		{"-node_address=10.0.0", "-node_address"},
		{"-max_pods=-1", "-max_pods"},
		{"-resize_cpus=-1", "-resize_cpus"},
		{"-container_pids_limit=-2", "-container_pids_limit"},
		{"-resolv_conf=x", "-resolv_conf"},
		{"-secure_port=70000", "-secure_port"},
		{"-api_prefix=api", "-api_prefix"},
		{"-mesos_master=a:5050 -mesos_ca_file=/nowhere", "-mesos_ca_file"},
		{"-mesos_master=http://a:5050 -mesos_tls_rsa_key_exchange", "say https"},
		{"-local_agent_timeout=0s", "-local_agent_timeout"},
		{`-local_faults={"NoSuch":1}`, "-local_faults"},
		{"-executor_cpus=0", "-executor_cpus"},
		{"-executor_mem=8", "-executor_mem"},
		{"-default_container_cpu=-1", "-default_container_cpu"},
		{"-default_container_disk=-1", "-default_container_disk"},
		{"-pod_order=lifo", "-pod_order=lifo: it is one of [fcfs fair]"},
		{"-agent_choice=best", "-agent_choice=best: it is one of [spread binpack]"},
		{"-failover_timeout=0s", "-failover_timeout"},
		{"-executor_idle_timeout=-1s", "-executor_idle_timeout"},
		{"-failover_timeout=soon", "failover_timeout"},
		{"-mesos_authentication_principal=p", "-mesos_authentication_secret_file"},
		{"-mesos_authentication_principal=p -mesos_authentication_secret_file=/nowhere", "/nowhere"},
		{"-mesos_master=", "-mesos_master"},
		{"-mesos_master=carrier-pigeon", "carrier-pigeon"},
		{"-mesos_master=local(0)", "local(0)"},
		{"-mesos_master=local(101)", "1 to 100"},
		{"-mesos_master=local(x)", "-mesos_master"},
		{"-serve_local_mesos=127.0.0.1:5050 -mesos_master=none", "-serve_local_mesos"},
		{"-serve_local_mesos=127.0.0.1:5050 -local_credentials=/nowhere", "/nowhere"},
		{"-serve_local_mesos=127.0.0.1:5050 -local_credentials=" + open, "open to everybody"},
		{"-serve_local_mesos=127.0.0.1:5050 -local_credentials=" + odd, "line 1"},
		{"-mesos_master=a:5050 -local_credentials=" + odd, "-local_credentials"},
		{"-local_credentials=" + ours + " -mesos_authentication_principal=p -mesos_authentication_secret_file=" + odd, "by another secret"},
		{"-teardown", "-teardown"},
		{"-teardown -mesos_master=none", "-teardown"},
		{"-executor_uri=bin/executor_runner", "absolute"},
		{"-executor_uri=/nowhere/executor_runner", "/nowhere/executor_runner"},
		{"-controllers=", "-controllers"},
		{"-service_node_port_range=30000-3x", "-service_node_port_range"},
		{"-pod_network=routed -service_node_port_range=30000-31005", "offer ports [31000-31005]"},
		{"-pod_network=routed -local_resources=ports:[30500-30600]", "offer ports [30500-30600]"},
		{"-pod_network=routed -service_node_port_range=6000-7000", "port 6443 in it belongs to framework_runner, by -secure_port"},
		{"-pod_network=routed -mesos_master=a:5050 -service_node_port_range=8000-8100 -port=8050", "by -port"},
		{"-load_balancer_nodes=edge=true -pod_network=docker", "-pod_network=docker nothing serves services"},
		{"-load_balancer_nodes=edge=(true -pod_network=routed", "-load_balancer_nodes"},
		{"-pod_network=cables", "it is docker, routed or cni"},
		{"-cluster_cidr=10.1.0.0/25", "/24 at most"},
		{"-cluster_cidr=ten", "\"ten\" is not a network"},
		{"-cluster_cidr=fd00:1::/56", "add a range of IPv4"},
		{"-cluster_cidr=10.1.0.0/16,10.2.0.0/16", "one is of IPv4 and the other of IPv6"},
		{"-cluster_cidr=10.1.0.0/16,fd00:1::/56,fd00:2::/56", "-cluster_cidr="},
		{"-cluster_cidr=10.1.0.0/16,fd00:1::/40", "between 40 and 56"},
		{"-cluster_cidr=10.1.0.0/16,fd00:1::/112 -node_cidr_mask_size_ipv6=124", "between 112 and 120"},
		{"-pod_network=cni -cluster_cidr=10.1.0.0/16,fd00:1::/72", "-node_cidr_mask_size_ipv6=64"},
		{"-cluster_cidr=10.1.0.0/16,fd00:1::/56 -pod_mtu=1000", "1280 bytes at least"},
		{"-service_cluster_ip_range=10.244.128.0/24", "overlaps -cluster_cidr=10.244.0.0/16"},
		{"-service_cluster_ip_range=10.0.0.0/16,fd00:2::/112", "give both flags two ranges"},
		{"-cluster_cidr=10.1.0.0/16,fd00:1::/56 -service_cluster_ip_range=10.0.0.0/16,fd00:2::/48", "/64 or smaller"},
		{"-cluster_cidr=10.1.0.0/16,fd00:1::/56 -service_cluster_ip_range=fd00:2::/112,10.0.0.0/16", "in the same order"},
		{"-cluster_cidr=fd00:1::/56,10.1.0.0/16 -service_cluster_ip_range=fd00:2::/112,10.0.0.0/16 -advertise_address=10.9.0.1", "-advertise_address=10.9.0.1"},
		{"-pod_network=cni -cluster_cidr=10.1.0.0/16 -controllers=none", "not -controllers=none"},
		{"-cni_network=net", "-cni_network=net has no effect without -pod_network=cni"},
		{"-pod_network=cni -cni_bin_dir=bin", "absolute path"},
		{"-pod_network=cni -cni_conf_dir=net.d", "absolute path"},
		{"-pod_network=routed -controllers=none", "-controllers=none"},
		{"-max_pods=300", "254 pods"},
		{"stray", "stray"},
	} {
		_, err := parse(strings.Fields(row.args), nil)
		if err == nil || !strings.Contains(err.Error(), row.says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v; want one line with %q", row.args, err, row.says)
		}
	}
}

func written(t *testing.T, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

// A Mesos inside this process knows it by a secret made for the run, or by the
// one that was given, and others by the file.
func TestLogin(t *testing.T) {
	first, err := parse(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	second, err := parse(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if s := first.login.secret; len(s) < 20 || s == second.login.secret || first.credentials[first.login.principal] != s {
		t.Errorf("%+v, %v, then %+v", first.login, first.credentials, second.login)
	}
	o, err := parse([]string{"-local_credentials=" + written(t, "other sesame\n", 0o600),
		"-mesos_authentication_principal=p", "-mesos_authentication_secret_file=" + written(t, "q\n", 0o600)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if o.credentials["other"] != "sesame" || o.credentials["p"] != "q" || len(o.credentials) != 2 {
		t.Errorf("%v", o.credentials)
	}
}

func TestMain(m *testing.M) {
	logging.Init()
	os.Exit(m.Run())
}
