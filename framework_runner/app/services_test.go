package app

import (
	"slices"
	"strings"
	"testing"
)

// Services get no port of this program, nor one that agents or node ports have.
func TestReservedPorts(t *testing.T) {
	t.Parallel()
	o := parsed(t, "-pod_network=routed", "-port=0", "-secure_port=7443", "-executor_port=7000", "-local_address=127.0.0.1:6050")
	var got []string
	for _, p := range o.reservedPorts() {
		got = append(got, p.Owner)
	}
	for _, want := range []string{"-vxlan_port", "-secure_port", "-executor_port", "-local_address", "node ports"} {
		if !slices.ContainsFunc(got, func(owner string) bool { return strings.Contains(owner, want) }) {
			t.Errorf("%s is not reserved: %q", want, got)
		}
	}
	if len(got) != 5 {
		t.Errorf("reserved: %q", got)
	}
	if remote := parsed(t, "-mesos_master=a:5050"); remote.localMesosPort() != 0 {
		t.Error("a port is reserved for a local Mesos that does not run")
	}
}

// A service that gets no address is told the flag that would give it one.
func TestWhyNoBalancer(t *testing.T) {
	t.Parallel()
	docker := parsed(t, "-pod_network=docker")
	for _, why := range []string{docker.whyNoBalancer(), docker.whyNoPolicies()} {
		if !strings.Contains(why, "-pod_network=docker") {
			t.Error(why)
		}
	}
	cni := parsed(t, "-pod_network=cni")
	if warning := cni.policyWarning(); !strings.Contains(warning, "plugins or not at all") || cni.whyNoPolicies() != "" {
		t.Errorf("mode cni: %q, %q", warning, cni.whyNoPolicies())
	}
	o := parsed(t, "-pod_network=routed")
	if why := o.policyWarning(); why != "" {
		t.Error(why)
	}
	if why := o.whyNoBalancer(); !strings.Contains(why, "-load_balancer_nodes=") || o.balancers != nil {
		t.Error(why, o.balancers)
	}
	if o := parsed(t, "-pod_network=routed", "-load_balancer_nodes=edge=true"); o.balancers == nil || o.balancers.String() != "edge=true" {
		t.Error(o.balancers)
	}
}
