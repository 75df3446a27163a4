package app

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
	"k8s.io/apimachinery/pkg/labels"
)

// options holds what the command line says, checked but not yet acted upon.
type options struct {
	mesosMaster     string
	master          master // of mesosMaster, parsed
	serveLocalMesos string
	localAddress    string
	localResources  string
	localAttributes string
	localHosts      string
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
	resizeCPUs          float64
	resizeMem           int64
	machines            string
	containPods         bool
	dockerEndpoint      string
	rootDir             string
	nodeAddress         string
	maxPods             int
	containerPidsLimit  int64
	volumeDir           string
	resolvConf          string
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
	webuiURL        string
	frameworkUser   string
	failoverTimeout time.Duration
	newFrameworkID  bool
	teardown        bool
	principal       string
	secretFile      string
	mesosTLS        mesos.TLSFiles

	scheduling           schedulingFlags
	defaultContainerCPU  float64
	defaultContainerMem  int64
	defaultContainerDisk int64

	allowPrivileged       bool
	podSecurity           string
	denyExternalIPs       bool
	encryptSecrets        bool
	auditLog              string
	controllers           string
	clusterCIDR           string
	nodeCIDRMaskSizeIPv6  int
	podNetwork            string
	podRoutes             string
	vxlanPort             int
	podMTU                int
	lockDir               string
	cniBinDir             string
	cniConfDir            string
	cniNetwork            string
	serviceClusterIPRange string
	serviceNodePorts      string
	nodePorts             resources.Range // of serviceNodePorts, parsed
	loadBalancerNodes     string
	balancers             labels.Selector // of loadBalancerNodes, parsed; nil: none
	clusterDNS            string
	clusterDomain         string

	recording recordingFlags
}

// glogFlags are the flags of the logging library that are worth showing.
var glogFlags = []string{"v", "vmodule", "logtostderr", "alsologtostderr", "stderrthreshold", "log_dir"}

// flagSet declares every flag; parsed values go into o. Each usage names the
// unit and, in backquotes, the placeholder for the value.
func flagSet(o *options) *flag.FlagSet {
	fs := flag.NewFlagSet("framework_runner", flag.ContinueOnError)
	o.declareMesos(fs)
	o.declareLocalMesos(fs)
	o.declareExecutor(fs)
	o.declareFramework(fs)
	o.declarePorts(fs)
	o.declareStorage(fs)
	o.declareCluster(fs)
	o.declareServices(fs)
	o.recording.declare(fs)
	o.scheduling.declare(fs)
	for _, name := range glogFlags {
		if f := flag.Lookup(name); f != nil {
			fs.Var(f.Value, f.Name, f.Usage) // logging.Init has set the defaults
		}
	}
	fs.Usage = func() { usage(fs) }
	return fs
}

// validate checks what can be checked without side effects, and reads the files of
// secrets. The first error is returned; it names the flag.
func (o *options) validate() error {
	for _, check := range []func() error{
		o.checkMesos, o.checkLocalMesos, o.checkExecutor, o.checkFramework, o.checkPorts, o.checkStorage, o.checkCluster, o.checkServices,
		func() error { return checkRanges(o) }, o.recording.check, o.scheduling.check,
		o.readCredentials, o.setLogin,
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
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
		return options{}, fmt.Errorf("unexpected argument %q: everything is set by flags, see -h", fs.Arg(0))
	}
	o.scheduling.note(fs)
	return o, o.validate()
}

// list splits a comma-separated value; empty items are dropped.
func list(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}
