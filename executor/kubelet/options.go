package kubelet

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/cmd/kubelet/app/options"
	kubeletconfig "k8s.io/kubernetes/pkg/kubelet/apis/config"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/hostresolver"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
)

// paths are the places under a root directory that this package names itself;
// the kubelet adds its own (pods, plugins, checkpoints, …).
type paths struct{ root string }

func (p paths) pki() string       { return filepath.Join(p.root, "pki") }
func (p paths) ca() string        { return filepath.Join(p.pki(), "ca.crt") }
func (p paths) bootstrap() string { return filepath.Join(p.pki(), "bootstrap.kubeconfig") }
func (p paths) kubeconfig() string {
	return filepath.Join(p.pki(), "kubeconfig")
}
func (p paths) clientPEM() string {
	return filepath.Join(p.pki(), "kubelet-client-current.pem")
}
func (p paths) podLogs() string    { return filepath.Join(p.root, "logs", "pods") }
func (p paths) flexVolume() string { return filepath.Join(p.root, "volume-plugins") }

// server returns the kubelet's flags and configuration. The kubelet serves on port;
// oomScore is the current oom_score_adj of this process, since changing that takes a
// capability that executors rarely have.
func (c *Config) server(port, oomScore int32) (*options.KubeletServer, error) {
	s, err := options.NewKubeletServer()
	if err != nil {
		return nil, fmt.Errorf("kubelet: default configuration: %w", err)
	}
	c.setFlags(&s.KubeletFlags)
	c.setIdentity(&s.KubeletConfiguration, port)
	c.setResources(&s.KubeletConfiguration)
	setPace(&s.KubeletConfiguration)
	setHost(&s.KubeletConfiguration, oomScore)
	return s, nil
}

func (c *Config) setFlags(f *options.KubeletFlags) {
	p := paths{c.RootDir}
	f.HostnameOverride = c.Node
	var all []string
	for _, ip := range c.Addresses {
		all = append(all, ip.String())
	}
	f.NodeIP = strings.Join(all, ",")
	f.RootDirectory = p.root
	f.CertDirectory = p.pki()
	f.KubeConfig = p.kubeconfig()
}

// setIdentity sets who may talk to the kubelet and how it identifies itself: no
// anonymous clients, others by the API server's token and access reviews; its
// certificates come from the API server and are renewed before they expire.
func (c *Config) setIdentity(k *kubeletconfig.KubeletConfiguration, port int32) {
	p := paths{c.RootDir}
	k.Address = c.Addresses[0].String()
	k.Port = port
	k.ReadOnlyPort = 0
	k.HealthzPort = 0
	k.Authentication.Anonymous.Enabled = false
	k.Authentication.Webhook.Enabled = true
	k.Authentication.X509.ClientCAFile = p.ca()
	k.Authorization.Mode = kubeletconfig.KubeletAuthorizationModeWebhook
	k.RotateCertificates = true
	k.ServerTLSBootstrap = true
	k.RegisterNode = true
	k.ClusterDNS, k.ClusterDomain = c.dns()
	k.ResolverConfig = hostresolver.File(c.Resolvers)
	k.ContainerRuntimeEndpoint = "unix://" + c.Socket
	k.PodLogsDir = p.podLogs()
	k.VolumePluginDir = p.flexVolume()
}

// setResources makes allocatable what Mesos can give to pods: the agent's total less
// the executor's own, except for what is for pods that grow in place. A node's capacity has whole cores, so the part of the last core
// that the agent lacks is reserved for the system.
func (c *Config) setResources(k *kubeletconfig.KubeletConfiguration) {
	k.MaxPods = taskdata.DefaultMaxPods
	if c.MaxPods > 0 {
		k.MaxPods = int32(min(c.MaxPods, math.MaxInt32))
	}
	missing := float64(c.cores()) - c.CPUs
	k.SystemReserved = map[string]string{"cpu": milli(missing)}
	k.KubeReserved = map[string]string{
		"cpu":    milli(c.ReservedCPUs - float64(c.Resize.CPU)/1000),
		"memory": fmt.Sprint(c.ReservedMemory - uint64(c.Resize.Memory)),
	}

	// Mesos contains the executor, and dockershim each container; the kubelet
	// adds no layer of cgroups of its own between them.
	k.CgroupsPerQOS = false
	k.EnforceNodeAllocatable = nil

	// Agents are shared machines. If others have filled the disk or the memory, that
	// is no reason to kill pods, and images may be theirs: evict only just before the
	// file system is full, and collect no images.
	k.EvictionHard = map[string]string{
		"nodefs.available":  fmt.Sprint(keptFree),
		"nodefs.inodesFree": "1%",
	}
	k.ImageGCHighThresholdPercent = 100 // 100 with no maximum age means never
	k.ImageMaximumGCAge = metav1.Duration{}
}

// keptFree is how many bytes of the file system pods leave free. The kubelet takes them
// off what it makes allocatable.
const keptFree = 256 << 20

// cores returns the agent's cpus in whole cores, rounded up.
func (c *Config) cores() int { return int(math.Ceil(c.CPUs - 1e-9)) }

// milli formats cpus in thousandths, rounded up.
func milli(cpus float64) string {
	return fmt.Sprintf("%dm", int64(math.Ceil(max(cpus, 0)*1000-1e-6)))
}

// setPace replaces limits meant for thousands of kubelets at one API server by ones that
// do not slow down a burst of pods on one agent. It also slows down work that others do:
// Docker rotates the logs before the kubelet would, and Mesos, not the node's lease,
// decides whether an agent is alive.
func setPace(k *kubeletconfig.KubeletConfiguration) {
	k.KubeAPIQPS, k.KubeAPIBurst = 200, 400
	k.EventRecordQPS, k.EventBurst = 50, 200
	k.RegistryPullQPS = 0 // unlimited
	k.SerializeImagePulls = false
	k.MaxParallelImagePulls = new(int32(8))
	k.NodeStatusUpdateFrequency = metav1.Duration{Duration: 10 * time.Second}
	k.NodeStatusReportFrequency = metav1.Duration{Duration: 5 * time.Minute}
	k.NodeLeaseDurationSeconds = 240 // renewed after a quarter of that
	k.ContainerLogMonitorInterval = metav1.Duration{Duration: time.Minute}
}

// setHost adapts to machines that were not set up for Kubernetes: swap, the old
// cgroup hierarchy, and iptables that belong to other programs.
func setHost(k *kubeletconfig.KubeletConfiguration, oomScore int32) {
	k.FailSwapOn = false
	k.FailCgroupV1 = false
	k.CgroupDriver = "cgroupfs" // replaced by the runtime's, if it reports one
	k.MakeIPTablesUtilChains = false
	k.OOMScoreAdj = oomScore
	k.StaticPodPath = ""
	k.SeccompDefault = true // a pod without a filter specifies Unconfined
	k.EnableSystemLogHandler = false
	k.EnableSystemLogQuery = false
	k.ContainerLogMaxSize = "10Mi"
	k.ContainerLogMaxFiles = 3
}
