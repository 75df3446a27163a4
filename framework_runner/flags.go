package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/controlplane"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local"
)

// options holds what the command line says, checked but not yet acted upon.
type options struct {
	mesosMaster     string
	master          master // of mesosMaster, parsed
	serveLocalMesos string
	localAddress    string
	localResources  string
	localAttributes string
	localWorkDir    string

	login            login             // towards the master
	localCredentials string            // a file
	credentials      map[string]string // of a local Mesos, by principal

	localFaults       string
	faults            local.Faults // of localFaults, parsed
	localAgentTimeout time.Duration

	executorURI         string
	executorPort        int
	executorCPUs        float64
	executorMem         int64
	machines            string
	containPods         bool
	dockerEndpoint      string
	rootDir             string
	nodeAddress         string
	maxPods             int
	containerPidsLimit  int64
	executorIdleTimeout time.Duration

	address          string
	port             int
	localPortUsers   string
	secureAddress    string
	securePort       int
	advertiseAddress string
	apiPrefix        string

	etcdServers  string
	etcdCAFile   string
	etcdCertFile string
	etcdKeyFile  string
	dataDir      string

	frameworkName   string
	frameworkRole   string
	frameworkUser   string
	failoverTimeout time.Duration
	newFrameworkID  bool
	teardown        bool
	principal       string
	secretFile      string
	mesosTLS        mesos.TLSFiles

	defaultContainerCPU float64
	defaultContainerMem int64

	allowPrivileged       bool
	podSecurity           string
	denyExternalIPs       bool
	encryptSecrets        bool
	auditLog              string
	controllers           string
	clusterCIDR           string
	serviceClusterIPRange string
	clusterDNS            string
	clusterDomain         string
}

// glogFlags are the flags of the logging library that are worth showing.
var glogFlags = []string{"v", "vmodule", "logtostderr", "alsologtostderr", "stderrthreshold", "log_dir"}

// flagSet declares every flag; parsed values go into o. Each usage names the
// unit and, in backquotes, the placeholder for the value.
func flagSet(o *options) *flag.FlagSet {
	fs := flag.NewFlagSet("framework_runner", flag.ContinueOnError)

	fs.StringVar(&o.mesosMaster, "mesos_master", "local", "the Mesos `master`: host:port, a comma-separated list of these, http(s)://host:port, "+
		"zk://host:port,host:port/path, file:///path of a file that holds one of these; local or local(N) for a Mesos with N agents inside this process; none to host the API only and schedule nothing")
	fs.StringVar(&o.serveLocalMesos, "serve_local_mesos", "", "serve nothing but the Mesos of -mesos_master=local(N), at this `host:port`; framework_runners are pointed at it with -mesos_master=host:port")
	fs.StringVar(&o.localAddress, "local_address", "127.0.0.1:5050", "`host:port` of the master of a local Mesos")
	fs.StringVar(&o.localResources, "local_resources", "", "`resources` of each local agent, as Mesos writes them: cpus:4;mem:4096;disk:10000;ports:[31000-31999] (default: those of this machine, its ports shared out)")
	fs.StringVar(&o.localAttributes, "local_attributes", "", "`attributes` of each local agent: rack:r1;zone:a")
	fs.StringVar(&o.localWorkDir, "local_work_dir", "", "`directory` of the local Mesos' sandboxes (default: mesos in -data_dir; with -serve_local_mesos a temporary one)")
	fs.StringVar(&o.localCredentials, "local_credentials", "", "`file` with the principals of frameworks that a local Mesos knows and their secrets: a line of \"principal secret\" for each, or JSON as Mesos has it; closed to others than its owner and group. "+
		"Without it -serve_local_mesos, run by root, starts nothing for anybody")
	fs.StringVar(&o.localFaults, "local_faults", "", "what goes wrong at random in a local Mesos, `JSON` as {\"SwallowUpdates\": 0.1}; docs/local-mesos.md names all of it (default: nothing)")
	fs.DurationVar(&o.localAgentTimeout, "local_agent_timeout", 75*time.Second, "how long (a `duration`) an agent of a local Mesos may be silent before it is unreachable")

	fs.StringVar(&o.executorURI, "executor_uri", "", "`path or URI` from which Mesos agents fetch executor_runner (default: the one built beside this program, delivered over HTTP)")
	fs.IntVar(&o.executorPort, "executor_port", 0, "`port`, on -secure_address, at which agents fetch executor_runner when -executor_uri is empty (default: any that is free)")
	fs.Float64Var(&o.executorCPUs, "executor_cpus", cpus(framework.DefaultExecutor), "`cpus` that an executor takes of its agent, beside its pods")
	fs.Int64Var(&o.executorMem, "executor_mem", framework.DefaultExecutor.Mem, "memory in `MiB` that an executor takes of its agent, beside its pods")
	fs.BoolVar(&o.containPods, "contain_pods", true, "make pods' containers part of the executor's Mesos container, so that its limits hold for them, where agents' isolators use control groups")
	fs.StringVar(&o.dockerEndpoint, "docker_endpoint", "", "`endpoint` of the Docker daemon on agents (default: each agent's DOCKER_HOST, or the usual socket)")
	fs.StringVar(&o.rootDir, "root_dir", "", "`directory` on agents for pods' volumes, logs and certificates (default: executor_runner's, /var/lib/kubernetes-mesos); executors that run keep theirs")
	fs.StringVar(&o.nodeAddress, "node_address", "", "`address` of the one agent, or the network that agents' nodes are reached in, such as 10.1.0.0/16 (default: that of the agent); executors that run keep theirs")
	fs.IntVar(&o.maxPods, "max_pods", taskdata.DefaultMaxPods, "how many `pods` an agent takes at most; executors that run keep theirs")
	fs.Int64Var(&o.containerPidsLimit, "container_pids_limit", 0, "how many `processes` and threads a container may have (default: executor_runner's, 4096); -1: no limit; executors that run keep theirs")
	fs.DurationVar(&o.executorIdleTimeout, "executor_idle_timeout", 10*time.Minute, "after how long (a `duration`) without pods an executor ends, which frees what it takes of its agent; logs of finished pods go with it; 0: never")
	fs.StringVar(&o.machines, "machines", "", "comma-separated `host names` of the agents to use (default: every agent that offers)")

	fs.StringVar(&o.address, "address", "127.0.0.1", "`address` of the local port; who is admitted may do everything, so keep it on loopback")
	fs.IntVar(&o.port, "port", 8080, "local `port`: v1beta1 and today's API, without authentication; 0: none is served")
	fs.StringVar(&o.localPortUsers, "local_port_users", "", "comma-separated `users` of this machine, names or uids, who may use the local port beside root and the user of this process; * for everybody")
	fs.StringVar(&o.secureAddress, "secure_address", "0.0.0.0", "`address` of the secure port")
	fs.IntVar(&o.securePort, "secure_port", 6443, "secure `port`: the authenticated Kubernetes API over TLS, used by executors")
	fs.StringVar(&o.advertiseAddress, "advertise_address", "", "`IP` at which agents reach the secure port (default: 127.0.0.1 with a local Mesos, else this machine's first address)")
	fs.StringVar(&o.apiPrefix, "api_prefix", "/api", "`path` below which v1beta1 is served")

	fs.StringVar(&o.etcdServers, "etcd_servers", "", "comma-separated `URLs` of an external etcd (default: one inside this process, in -data_dir). "+
		"Several framework_runners may share it: all serve the API, one leads and runs the pods, and when it is gone another does so within seconds")
	fs.StringVar(&o.etcdCAFile, "etcd_ca_file", "", "`file` with the certificates of the authority by which to know -etcd_servers with https (default: those of the system)")
	fs.StringVar(&o.etcdCertFile, "etcd_cert_file", "", "`file` with the client certificate to show to -etcd_servers with https")
	fs.StringVar(&o.etcdKeyFile, "etcd_key_file", "", "`file` with the key of -etcd_cert_file")
	fs.StringVar(&o.dataDir, "data_dir", "/var/lib/kubernetes-mesos/framework", "`directory` of everything that must outlive this process; one process at a time uses it")

	fs.StringVar(&o.frameworkName, "framework_name", "kubernetes", "`name` under which Mesos shows this framework")
	fs.StringVar(&o.frameworkRole, "framework_role", "*", "Mesos `role`")
	fs.StringVar(&o.frameworkUser, "framework_user", "root", "`user` that executors run as; the kubelet needs root")
	fs.DurationVar(&o.failoverTimeout, "failover_timeout", 7*24*time.Hour, "how long (a `duration`) Mesos keeps pods running while no framework_runner is there")
	fs.BoolVar(&o.newFrameworkID, "new_framework_id", false, "when Mesos has removed this framework and so killed its tasks: fail their pods and begin as a new one")
	fs.BoolVar(&o.teardown, "teardown", false, "instead of running pods, end this framework for good: Mesos kills all its tasks, bound pods are marked Failed, "+
		"its records are deleted, and the next start begins as a new one; wants the other flags as they were, and that no framework_runner runs")
	fs.StringVar(&o.principal, "mesos_authentication_principal", "", "`principal` to authenticate with towards the master")
	fs.StringVar(&o.secretFile, "mesos_authentication_secret_file", "", "`file` that holds the principal's secret; closed to others than its owner and group")
	fs.StringVar(&o.mesosTLS.CA, "mesos_ca_file", "", "`file` with the certificates of the authority by which to know masters; with it, or a client certificate, masters are spoken to by https (default with https: those of the system)")
	fs.StringVar(&o.mesosTLS.Cert, "mesos_cert_file", "", "`file` with the client certificate to show to masters")
	fs.StringVar(&o.mesosTLS.Key, "mesos_key_file", "", "`file` with the key of -mesos_cert_file; closed to others than its owner and group")
	fs.BoolVar(&o.mesosTLS.RSAKeyExchange, "mesos_tls_rsa_key_exchange", false, "also offer ciphers with RSA key exchange, which have no forward secrecy, to https masters; a Mesos with default LIBPROCESS_SSL_CIPHERS knows no others that Go does")

	fs.Float64Var(&o.defaultContainerCPU, "default_container_cpu", cpus(framework.DefaultContainer), "`cpus` that a container counts which states neither cpu nor memory")
	fs.Int64Var(&o.defaultContainerMem, "default_container_mem", framework.DefaultContainer.Mem, "`MiB` that a container counts which states neither cpu nor memory")

	fs.BoolVar(&o.allowPrivileged, "allow_privileged", false, "let pods ask for privileged containers")
	fs.StringVar(&o.podSecurity, "pod_security", "privileged", "the Pod Security Standard of namespaces that have no label of their own: privileged, baseline or restricted (a `level`)")
	fs.BoolVar(&o.denyExternalIPs, "deny_external_ips", false, "refuse services with externalIPs (v1beta1: publicIPs), by which their makers could take over others' addresses")
	fs.BoolVar(&o.encryptSecrets, "encrypt_secrets", false, "encrypt secrets in etcd, each from its next write on; the key is pki/secrets.key in -data_dir")
	fs.StringVar(&o.auditLog, "audit_log", "", "`file` that gets a line for each request of the API, without bodies: who did what to which object (default: none); ten full ones of 100 MB are kept beside it")
	fs.StringVar(&o.controllers, "controllers", "*", "controllers to run: `names` as in kube-controller-manager, * for all that make sense on Mesos, -name to leave one out, none for none at all")
	fs.StringVar(&o.clusterCIDR, "cluster_cidr", "", "`network` of the pods, for the controllers that want to know")
	fs.StringVar(&o.serviceClusterIPRange, "service_cluster_ip_range", controlplane.DefaultServiceClusterIPRange, "`network` of the services' virtual addresses")
	fs.StringVar(&o.clusterDNS, "cluster_dns", "", "comma-separated `IPs` for the pods' resolv.conf (default: the hosts' own)")
	fs.StringVar(&o.clusterDomain, "cluster_domain", "cluster.local", "DNS `domain` of the cluster")

	for _, name := range glogFlags {
		if f := flag.Lookup(name); f != nil {
			fs.Var(f.Value, f.Name, f.Usage) // logging.Init has set the defaults
		}
	}
	fs.Usage = func() { usage(fs) }
	return fs
}

func usage(fs *flag.FlagSet) {
	fmt.Fprint(fs.Output(), "framework_runner runs Kubernetes pods on an Apache Mesos cluster.\n\nFlags, each with its default:\n")
	fs.PrintDefaults()
}

// parse reads the command line. Its errors name the flag; flag.ErrHelp is
// returned when help was requested and written to w.
func parse(args []string, w io.Writer) (options, error) {
	var o options
	fs := flagSet(&o)
	fs.SetOutput(io.Discard)
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fs.SetOutput(w)
			fs.Usage()
		}
		return options{}, err
	}
	if fs.NArg() > 0 {
		return options{}, fmt.Errorf("unexpected argument %q: everything is said by flags, see -h", fs.Arg(0))
	}
	return o, o.validate()
}

// list splits a comma-separated value; empty items are dropped.
func list(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}
