package node

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-logr/logr"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/podnetwork"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
)

// Plugins connect pods from the start, and detach them when the executor is gone for good,
// also when another one does it.
func TestCNI(t *testing.T) {
	t.Parallel()
	root, bin, conf := t.TempDir(), t.TempDir(), t.TempDir()
	plugin := func(script string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(bin, "plug"), []byte("#!/bin/sh\ncd "+root+"\n"+script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	plugin(`echo '{"cniVersion":"1.0.0","ips":[{"address":"10.88.1.7/24"}]}'`)
	wanted := &taskdata.Network{Services: []string{"198.19.0.0/24"}, CNI: &taskdata.CNI{BinDir: bin, ConfDir: conf}}
	spec := executor.Spec{Framework: "f", Agent: "a", Name: "vm-1", Cluster: taskdata.Cluster{Network: wanted}}
	n := newNetwork(spec, net.IPv4(192, 0, 2, 1), "", t.TempDir(), logr.Discard())
	var shim dockershim.Config
	if err := n.useCNI(wanted, root, &shim); err != nil {
		t.Fatal(err)
	}
	if err := shim.NetworkReady(t.Context()); err == nil || !strings.Contains(err.Error(), "no configuration of CNI in "+conf) {
		t.Errorf("before there is a configuration: %v", err)
	}
	if err := os.WriteFile(filepath.Join(conf, "net.conf"), []byte(`{"cniVersion":"1.0.0","name":"net","type":"plug"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := shim.NetworkReady(t.Context()); err != nil {
		t.Error(err)
	}
	pods, err := shim.PodNetwork()
	if err != nil {
		t.Fatal(err)
	}
	if err := pods.Attach(t.Context(), podnetwork.Pod{Name: "default/php", Sandbox: "s1", Netns: "/proc/self/ns/net"}); err != nil || len(pods.Addresses("s1")) != 1 {
		t.Fatalf("attached: %v, %v", pods.Addresses("s1"), err)
	}
	plugin(`echo '{"msg":"out of order"}'; exit 1`)
	if err := detachCNI(t.Context(), root, bin); err == nil || !strings.Contains(err.Error(), "out of order") {
		t.Errorf("a plugin that fails: %v", err)
	}
	plugin(`echo $CNI_COMMAND $CNI_CONTAINERID >>seen`)
	for range 2 {
		if err := detachCNI(t.Context(), root, cniBinDir(wanted)); err != nil {
			t.Error(err)
		}
	}
	if seen, err := os.ReadFile(filepath.Join(root, "seen")); string(seen) != "DEL s1\n" {
		t.Errorf("the plugin was called: %q, %v", seen, err)
	}
}

// Without CNI nothing of it is touched.
func TestNoCNI(t *testing.T) {
	t.Parallel()
	var shim dockershim.Config
	var none *network
	if err := none.useCNI(nil, t.TempDir(), &shim); err != nil || shim.PodNetwork != nil || shim.NetworkReady != nil {
		t.Errorf("no network: %v, %+v", err, shim)
	}
	if err := (&network{}).useCNI(&taskdata.Network{}, t.TempDir(), &shim); err != nil || shim.NetworkReady != nil {
		t.Errorf("mode routed: %v, %+v", err, shim)
	}
	for _, root := range []string{"", t.TempDir()} {
		if err := detachCNI(t.Context(), root, cniBinDir(nil)); err != nil {
			t.Errorf("root %q: %v", root, err)
		}
	}
}
