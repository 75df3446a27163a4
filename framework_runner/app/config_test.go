package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework"
)

// options of a command line that must be good.
func parsed(t *testing.T, args ...string) options {
	t.Helper()
	o, err := parse(args, nil)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// From flags to the control plane's configuration.
func TestControlPlaneConfig(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		args string
		got  func(options) any
		want any
	}{
		{"-address=::1 -port=80", func(o options) any { return controlPlaneConfig(o, logr.Discard()).LocalAddress }, "[::1]:80"},
		{"-port=80", func(o options) any { return controlPlaneConfig(o, logr.Discard()).NoLocalPort }, false},
		{"-port=0", func(o options) any { return controlPlaneConfig(o, logr.Discard()).NoLocalPort }, true},
		{"-secure_address=10.0.0.1 -secure_port=443", func(o options) any { return controlPlaneConfig(o, logr.Discard()).SecureAddress }, "10.0.0.1:443"},
		{"-etcd_servers=http://a:2379,,http://b:2379", func(o options) any { return controlPlaneConfig(o, logr.Discard()).EtcdServers }, []string{"http://a:2379", "http://b:2379"}},
		{"", func(o options) any { return controlPlaneConfig(o, logr.Discard()).EtcdServers }, []string{}},
		{"-local_port_users=daemon,1000", func(o options) any { return controlPlaneConfig(o, logr.Discard()).LocalUsers }, []string{"daemon", "1000"}},
		{"-controllers=*,-job-controller", func(o options) any { return controlPlaneConfig(o, logr.Discard()).Controllers }, []string{"*", "-job-controller"}},
		{"-mesos_master=none", func(o options) any { return controlPlaneConfig(o, logr.Discard()).NoAgents }, true},
		{"-mesos_master=a:5050", func(o options) any { return controlPlaneConfig(o, logr.Discard()).NoAgents }, false},
		{"-mesos_master=a:5050", func(o options) any { return controlPlaneConfig(o, logr.Discard()).AdvertiseAddress }, ""},
		{"-mesos_master=none", func(o options) any { return controlPlaneConfig(o, logr.Discard()).AdvertiseAddress }, "127.0.0.1"},
		{"-advertise_address=10.0.0.9", func(o options) any { return controlPlaneConfig(o, logr.Discard()).AdvertiseAddress }, "10.0.0.9"},
		{"-audit_log=/var/log/audit", func(o options) any { return controlPlaneConfig(o, logr.Discard()).AuditLog }, "/var/log/audit"},
	} {
		if got := row.got(parsed(t, strings.Fields(row.args)...)); fmt.Sprint(got) != fmt.Sprint(row.want) {
			t.Errorf("%s: %v, want %v", row.args, got, row.want)
		}
	}
}

// What executors are told of the pods' network, and what they may read for it.
func TestNetwork(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		args, network              string
		ranges, services, policies bool
	}{
		{"-pod_network=docker", "null", false, false, false},
		{"-pod_network=routed", `{"pods":["10.244.0.0/16"],"services":["10.0.0.0/16"],"routes":"auto","vxlanPort":8475,"vni":1875397,"dns":"10.0.0.10"}`, true, true, true},
		{"-pod_network=routed -cluster_cidr=10.244.0.0/16,fd00:10:244::/56 -service_cluster_ip_range=10.0.0.0/16,fd00:10:96::/112",
			`{"pods":["10.244.0.0/16","fd00:10:244::/56"],"services":["10.0.0.0/16","fd00:10:96::/112"],"routes":"auto","vxlanPort":8475,"vni":1875397,"dns":"10.0.0.10"}`, true, true, true},
		{"-pod_network=cni", `{"pods":null,"services":["10.0.0.0/16"],"cni":{},"dns":"10.0.0.10"}`, false, true, false},
		{"-pod_network=cni -cni_bin_dir=/b -cni_conf_dir=/c -cni_network=n -cluster_cidr=10.1.0.0/16",
			`{"pods":null,"services":["10.0.0.0/16"],"cni":{"binDir":"/b","confDir":"/c","network":"n"},"dns":"10.0.0.10"}`, true, true, false},
	} {
		o := parsed(t, strings.Fields(row.args)...)
		told, err := json.Marshal(network(o, nil))
		if err != nil || string(told) != row.network {
			t.Errorf("%s: %s, %v, want %s", row.args, told, err, row.network)
		}
		if c := controlPlaneConfig(o, logr.Discard()); c.AssignPodRanges != row.ranges || c.ServicesOnNodes != row.services || c.PoliciesOnNodes != row.policies {
			t.Errorf("%s: ranges %v, services %v, policies %v", row.args, c.AssignPodRanges, c.ServicesOnNodes, c.PoliciesOnNodes)
		}
	}
}

// A relative data directory is one of the directory that framework_runner was started in.
func TestDataDirIsAbsolute(t *testing.T) {
	t.Parallel()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := parsed(t, "-data_dir=data").dataDir, filepath.Join(here, "data"); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// From flags to the local Mesos' configuration: one that is served for others has fault
// pages, a temporary directory, and no credentials but those of the file.
func TestLocalMesosConfig(t *testing.T) {
	t.Parallel()
	own := localMesosConfig(parsed(t, "-mesos_master=local(3)", "-data_dir=/d", "-local_attributes=rack:r1", "-local_resources=cpus:2", "-local_hosts=/proc/1/ns,/proc/2/ns,/proc/3/ns"))
	if own.Addr != "127.0.0.1:5050" || own.Agents != 3 || own.WorkDir != "/d/mesos" || own.FaultPages || own.Resources != "cpus:2" ||
		!slices.Equal(own.Attributes, []string{"rack:r1"}) || len(own.Hosts) != 3 || own.Hosts[2] != "/proc/3/ns" || len(own.Credentials) != 1 || !own.Guarded {
		t.Errorf("a Mesos in this process: %+v", own)
	}
	served := localMesosConfig(parsed(t, "-serve_local_mesos=127.0.0.1:5051", "-local_credentials="+written(t, "other sesame\n", 0o600),
		`-local_faults={"SwallowUpdates":0.5}`, "-local_agent_timeout=5s"))
	if served.Addr != "127.0.0.1:5051" || served.Agents != 1 || served.WorkDir != "" || !served.FaultPages || served.Attributes != nil ||
		!maps.Equal(served.Credentials, map[string]string{"other": "sesame"}) || served.Faults.SwallowUpdates != 0.5 || served.AgentTimeout.Seconds() != 5 {
		t.Errorf("a Mesos for others: %+v", served)
	}
}

// Without a file there are the usual names; a file that is missing or wrong is an error
// of usage that names the flag.
func TestSchedulerProfiles(t *testing.T) {
	t.Parallel()
	const file = "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n"
	for _, row := range []struct{ flag, names, says string }{
		{"", "default-scheduler kubernetes-mesos", ""},
		{written(t, file+"profiles: [{schedulerName: mine}]\n", 0o600), "mine", ""},
		{"/nowhere", "", "-scheduler_config: open /nowhere"},
		{written(t, file+"leaderElection: {leaderElect: false}\n", 0o600), "", "leaderElection would have no effect"},
	} {
		profiles, err := profilesOf(parsed(t, "-scheduler_config="+row.flag))
		if usage := (usageError{}); row.says != "" && (!errors.As(err, &usage) || !strings.Contains(err.Error(), row.says)) {
			t.Errorf("%s: %v, want an error of usage that says %q", row.flag, err, row.says)
		}
		if row.says == "" && (err != nil || strings.Join(profiles.Names(), " ") != row.names) {
			t.Errorf("%s: %v, want profiles of %s", row.flag, err, row.names)
		}
	}
}

// Executors get the flags that differ from their defaults, since they keep their arguments
// as long as they live, and one executor per agent means one set of arguments.
func TestExecutorArguments(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"":                    "",
		"-contain_pods=true":  "",
		"-contain_pods=false": "-contain_pods=false",
		"-docker_endpoint=unix:///d -root_dir=/r -node_address=10.0.0.0/8 -max_pods=7 -resolv_conf=/x -container_pids_limit=-1": "-docker_endpoint=unix:///d -root_dir=/r -node_address=10.0.0.0/8 -max_pods=7 -resolv_conf=/x -container_pids_limit=-1",
		"-executor_cpus=1 -executor_mem=64": "",
		"-resize_cpus=0.2 -resize_mem=128":  "-resize_cpus=0.2 -resize_mem=128",
	} {
		if got := strings.Join(parsed(t, strings.Fields(args)...).executorArguments(), " "); got != want {
			t.Errorf("%q gives %q, want %q", args, got, want)
		}
	}
}

func TestCheckExecutorURI(t *testing.T) {
	t.Parallel()
	file := written(t, "#!", 0o755)
	for _, row := range []struct {
		uri  string
		kind int
		says string
	}{
		{"", masterLocal, ""},
		{file, masterLocal, ""},
		{file, masterRemote, ""},
		{"/nowhere", masterRemote, ""}, // agents look on their own machines
		{"/nowhere", masterNone, ""},
		{"hdfs://a/executor", masterLocal, ""},
		{"/nowhere", masterLocal, "/nowhere"},
		{filepath.Dir(file), masterLocal, "is not a file"},
		{"executor_runner", masterLocal, "must be absolute"},
		{"executor_runner", masterRemote, "must be absolute"},
	} {
		err := checkExecutorURI(row.uri, row.kind)
		if (err != nil) != (row.says != "") || err != nil && !strings.Contains(err.Error(), row.says) {
			t.Errorf("%q, %d: %v, want %q", row.uri, row.kind, err, row.says)
		}
	}
}

// A secret's file: an editor's last newline is not part of the secret; a file that others
// can read, or without a secret, is an error.
func TestSecret(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		text string
		mode os.FileMode
		want string
		says string
	}{
		{"sesame", 0o600, "sesame", ""},
		{"sesame\r\n", 0o640, "sesame", ""},
		{" open sesame \n\n", 0o400, " open sesame ", ""},
		{"\n", 0o600, "", "is empty"},
		{"sesame", 0o604, "", "open to everybody (0604)"},
		{"sesame", 0o602, "", "chmod o="},
	} {
		o := options{secretFile: written(t, row.text, 0o600)}
		if err := os.Chmod(o.secretFile, row.mode); err != nil {
			t.Fatal(err)
		}
		got, err := o.secret()
		if got != row.want || (err != nil) != (row.says != "") || err != nil && (!strings.Contains(err.Error(), row.says) || !strings.Contains(err.Error(), o.secretFile)) {
			t.Errorf("%q with mode %04o: %q, %v; want %q, %q", row.text, row.mode, got, err, row.want, row.says)
		}
	}
}

// A teardown does not create the records of a mistyped directory.
func TestHaveRecords(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := haveRecords(options{dataDir: dir}); !errors.Is(err, framework.ErrNoFramework) || !strings.Contains(err.Error(), dir) {
		t.Errorf("without a data directory: %v", err)
	}
	if err := os.Mkdir(filepath.Join(dir, "etcd"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := haveRecords(options{dataDir: dir}); err != nil {
		t.Errorf("with one: %v", err)
	}
	if err := haveRecords(options{dataDir: "/nowhere", etcdServers: "http://a:2379"}); err != nil {
		t.Errorf("with an external etcd: %v", err)
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	for s, want := range map[string][]string{"": {}, ",": {}, "a": {"a"}, "a,b": {"a", "b"}, " a, b ,,": {"a", "b"}} {
		if got := list(s); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}

// The exit codes: help is no error, a wrong flag is one of usage.
func TestExitCodes(t *testing.T) {
	for args, want := range map[string]int{"-h": exitOK, "-help": exitOK, "-port=-1": exitUsage, "-no_such_flag": exitUsage, "stray": exitUsage} {
		if got := Main([]string{args}); got != want {
			t.Errorf("%s: exit code %d, want %d", args, got, want)
		}
	}
}
