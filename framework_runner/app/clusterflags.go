package app

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/hostlock"
)

// declareFramework declares the flags of the framework that Mesos sees.
func (o *options) declareFramework(fs *flag.FlagSet) {
	fs.StringVar(&o.frameworkName, "framework_name", "kubernetes", "`name` of this framework in Mesos")
	fs.StringVar(&o.frameworkRole, "framework_role", "*", "Mesos `role`; in one other than *, Mesos can keep volumes for us: storage class mesos")
	fs.StringVar(&o.webuiURL, "webui_url", "", "the `URL` of the web pages that Mesos' list of frameworks links to (default: /ui/ of the local port with a Mesos inside this process, and else of the secure port)")
	fs.StringVar(&o.frameworkUser, "framework_user", "root", "`user` that executors run as; the kubelet needs root")
	fs.DurationVar(&o.failoverTimeout, "failover_timeout", 7*24*time.Hour, "how long (a `duration`) Mesos keeps pods running while no framework_runner is connected")
	fs.BoolVar(&o.newFrameworkID, "new_framework_id", false, "if Mesos has removed this framework and killed its tasks: fail their pods and start as a new framework")
	fs.BoolVar(&o.teardown, "teardown", false, "instead of running pods, end this framework for good: Mesos kills all its tasks, bound pods are marked Failed, "+
		"its records are deleted, and the next start is a new framework; needs the same other flags, and that no framework_runner runs")
}

func (o *options) checkFramework() error {
	if o.failoverTimeout <= 0 {
		return fmt.Errorf("-failover_timeout=%s: must be positive, or Mesos would end every pod as soon as framework_runner restarts", o.failoverTimeout)
	}
	if o.teardown && o.master.kind != masterRemote {
		return fmt.Errorf("-teardown wants the -mesos_master that this framework runs on, not %q: there is nothing to tear down", o.mesosMaster)
	}
	return nil
}

// declarePorts declares the flags of the two ports of the API.
func (o *options) declarePorts(fs *flag.FlagSet) {
	fs.StringVar(&o.address, "address", "127.0.0.1", "`address` of the local port; its users have all rights, so keep it on loopback")
	fs.IntVar(&o.port, "port", 8080, "local `port`: v1beta1 and the current API, without authentication; 0: no local port")
	fs.StringVar(&o.localPortUsers, "local_port_users", "", "comma-separated `users` of this machine, names or uids, who may use the local port in addition to root and the user of this process; * for all users")
	fs.StringVar(&o.secureAddress, "secure_address", "0.0.0.0", "`address` of the secure port")
	fs.IntVar(&o.securePort, "secure_port", 6443, "secure `port`: the authenticated Kubernetes API over TLS, used by executors")
	fs.StringVar(&o.advertiseAddress, "advertise_address", "", "`IP` at which agents reach the secure port (default: 127.0.0.1 with a local Mesos and -pod_network=docker, otherwise this machine's first address)")
	fs.StringVar(&o.apiPrefix, "api_prefix", "/api", "`path` below which v1beta1 is served")
}

func (o *options) checkPorts() error {
	for _, p := range []struct {
		flag       string
		value, min int
	}{{"port", o.port, 0}, {"secure_port", o.securePort, 1}, {"executor_port", o.executorPort, 0}, {"vxlan_port", o.vxlanPort, 1}} {
		if p.value < p.min || p.value > 65535 {
			return fmt.Errorf("-%s=%d: a port is between %d and 65535", p.flag, p.value, p.min)
		}
	}
	if !strings.HasPrefix(o.apiPrefix, "/") || strings.HasSuffix(o.apiPrefix, "/") {
		return fmt.Errorf("-api_prefix=%q: must begin with a slash and not end with one, as in /api", o.apiPrefix)
	}
	o.podNetwork = cmp.Or(o.podNetwork, usualNetwork(o.controllers))
	if o.advertiseAddress == "" && o.master.kind != masterRemote && (o.podNetwork == networkDocker || o.master.kind == masterNone) { // routed pods cannot reach loopback
		o.advertiseAddress = "127.0.0.1"
	}
	return nil
}

// declareStorage declares the flags of what outlives this process.
func (o *options) declareStorage(fs *flag.FlagSet) {
	fs.StringVar(&o.etcdServers, "etcd_servers", "", "comma-separated `URLs` of an external etcd (default: one inside this process, in -data_dir). "+
		"Several framework_runners may share it: all serve the API, one leads and runs the pods, and another takes over within seconds when that one ends")
	fs.StringVar(&o.etcdCAFile, "etcd_ca_file", "", "`file` with the certificates of the authorities that sign the certificates of -etcd_servers with https (default: those of the system)")
	fs.StringVar(&o.etcdCertFile, "etcd_cert_file", "", "`file` with the client certificate for -etcd_servers with https")
	fs.StringVar(&o.etcdKeyFile, "etcd_key_file", "", "`file` with the key of -etcd_cert_file")
	fs.StringVar(&o.dataDir, "data_dir", "/var/lib/kubernetes-mesos/framework", "`directory` of everything that must outlive this process; one process at a time uses it")
	fs.BoolVar(&o.encryptSecrets, "encrypt_secrets", false, "encrypt secrets in etcd, each from its next write on; the key is pki/secrets.key in -data_dir")
	fs.StringVar(&o.auditLog, "audit_log", "", "`file` that gets a line for each request to the API, without bodies: who did what to which object (default: none); ten full files of 100 MB are kept next to it")
}

func (o *options) checkStorage() error {
	var err error
	// Agents and executors work in directories of their own.
	if o.dataDir, err = filepath.Abs(o.dataDir); err != nil {
		return fmt.Errorf("-data_dir: %w", err)
	}
	return nil
}

// The modes of -pod_network, and the range of pods if -cluster_cidr names none.
const (
	networkDocker      = "docker"
	networkRouted      = "routed"
	networkCNI         = "cni"
	defaultClusterCIDR = "10.244.0.0/16"
	// maxRoutedPods is how many addresses of a node's range, 256 of them, are for pods.
	maxRoutedPods = 254
)

// declareCluster declares the flags of Kubernetes' own settings.
func (o *options) declareCluster(fs *flag.FlagSet) {
	fs.BoolVar(&o.allowPrivileged, "allow_privileged", false, "let pods ask for privileged containers")
	fs.StringVar(&o.podSecurity, "pod_security", "privileged", "the Pod Security Standard of namespaces without a label of their own: privileged, baseline or restricted (a `level`)")
	fs.BoolVar(&o.denyExternalIPs, "deny_external_ips", false, "reject services with externalIPs (v1beta1: publicIPs), which could redirect the traffic of others' addresses")
	fs.StringVar(&o.controllers, "controllers", "*", "controllers to run: `names` as in kube-controller-manager, * for all that make sense on Mesos, -name to leave one out, none for none")
	fs.StringVar(&o.clusterCIDR, "cluster_cidr", "", "`network` of the pods, or one of IPv4 and one of IPv6, separated by a comma: agents get a part of each (default with -pod_network=routed: 10.244.0.0/16; with -pod_network=cni: none, plugins have their own)")
	fs.IntVar(&o.nodeCIDRMaskSizeIPv6, "node_cidr_mask_size_ipv6", defaultNodeMask6, "how many `bits` of an agent's part of the IPv6 range of -cluster_cidr are the same; of IPv4 they are 24")
	fs.StringVar(&o.podNetwork, "pod_network", "", "who connects pods (a `mode`): routed, executors by a network across agents, with services and network policies, or Docker on agents where that cannot be, whose Nodes say why; docker, each agent's Docker by its own bridge; cni, the plugins of CNI that agents have, with services (default: routed; docker with -controllers=none)")
	fs.StringVar(&o.podRoutes, "pod_routes", "auto", "how agents reach each other's pods with -pod_network=routed (a `mode`): auto, by host-gw to neighbours and by vxlan to agents behind a router; host-gw; vxlan; none, if routers know the pods' ranges")
	fs.IntVar(&o.vxlanPort, "vxlan_port", 8475, "UDP `port` of VXLAN, open between agents")
	fs.IntVar(&o.podMTU, "pod_mtu", 0, "MTU of pods' interfaces in `bytes` (default: that of the agent's interface with the default route)")
	fs.StringVar(&o.lockDir, "lock_dir", hostlock.Usual, "`directory` for the locks by which this program and executors share this machine's network: the same as their -lock_dir")
	fs.StringVar(&o.clusterDNS, "cluster_dns", "", "comma-separated `IPs` for the pods' resolv.conf (default: the tenth service address, at which executors answer; with -pod_network=docker those of the hosts)")
	fs.StringVar(&o.clusterDomain, "cluster_domain", "cluster.local", "DNS `domain` of the cluster")
}

// usualNetwork returns the mode of the pods' network if the command line names none.
func usualNetwork(controllers string) string {
	if all := list(controllers); len(all) > 0 && all[0] == "none" { // nobody gives nodes their ranges
		return networkDocker
	}
	return networkRouted
}

func (o *options) checkCluster() error {
	if len(list(o.controllers)) == 0 {
		return errors.New("-controllers is empty: * stands for the usual ones, none for none")
	}
	switch {
	case !slices.Contains([]string{networkDocker, networkRouted, networkCNI}, o.podNetwork):
		return fmt.Errorf("-pod_network=%s: it is %s, %s or %s", o.podNetwork, networkDocker, networkRouted, networkCNI)
	case !slices.Contains([]string{"auto", "host-gw", "vxlan", "none"}, o.podRoutes):
		return fmt.Errorf("-pod_routes=%s: it is auto, host-gw, vxlan or none", o.podRoutes)
	case o.podMTU != 0 && (o.podMTU < 576 || o.podMTU > 65535):
		return fmt.Errorf("-pod_mtu=%d: an MTU is between 576 and 65535 bytes", o.podMTU)
	case o.assignsRanges() && list(o.controllers)[0] == "none":
		return fmt.Errorf("-pod_network=%s needs a controller that gives nodes their ranges: not -controllers=none", o.podNetwork)
	case o.podNetwork == networkRouted && o.maxPods > maxRoutedPods:
		return fmt.Errorf("-max_pods=%d: an agent's range has addresses for %d pods; more need -pod_network=%s", o.maxPods, maxRoutedPods, networkDocker)
	case o.podNetwork == networkRouted && o.clusterCIDR == "":
		o.clusterCIDR = defaultClusterCIDR
	}
	return nil
}

// assignsRanges reports whether nodes get ranges of pod addresses. Plugins of CNI may use
// them, or addresses of their own.
func (o *options) assignsRanges() bool {
	return o.podNetwork == networkRouted || o.podNetwork == networkCNI && o.clusterCIDR != ""
}
