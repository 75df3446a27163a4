package controlplane

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/kubernetes/cmd/kube-controller-manager/names"
	netutils "k8s.io/utils/net"

	"github.com/go-logr/logr"
	"github.com/kubernetes-mesos/kubernetes-mesos/controlplane/localport"
)

// Defaults of Config.
const (
	DefaultLocalAddress          = "127.0.0.1:8080"
	DefaultSecureAddress         = "0.0.0.0:6443"
	DefaultServiceClusterIPRange = "10.0.0.0/16"
	DefaultServiceNodePorts      = "30000-30999"
	DefaultEventTTL              = time.Hour
)

// Config configures a ControlPlane. Zero values stand for the defaults; DataDir has
// none.
type Config struct {
	// DataDir is where everything is kept. It is created if missing.
	DataDir string
	// EtcdServers are the URLs of an etcd cluster to use instead of the embedded
	// one. Several control planes may share it; see package leaderelection.
	EtcdServers []string
	// EtcdCAFile, EtcdCertFile and EtcdKeyFile are used for EtcdServers with https.
	EtcdCAFile, EtcdCertFile, EtcdKeyFile string

	// LocalAddress is the host:port of the local port: plain HTTP, all rights.
	LocalAddress string
	// NoLocalPort disables the local port.
	NoLocalPort bool
	// LocalUsers are the users of this machine, by name or uid, who may use the local
	// port in addition to root and this process's own user; "*" admits all.
	LocalUsers []string
	// LocalUsersSetting is how the program names LocalUsers, such as "-local_port_users".
	// Those who are refused are told.
	LocalUsersSetting string
	// SecureAddress is the host:port of the authenticated API. Its host is an IP address.
	SecureAddress string
	// AdvertiseAddress is the IP address under which agents reach SecureAddress.
	// The default is that of the interface with the default route.
	AdvertiseAddress string

	// ServiceClusterIPRange is the range of service addresses: one CIDR, or one per
	// IP family, separated by a comma.
	ServiceClusterIPRange string
	// ServiceNodePorts is the range of node ports, such as 30000-30999, the default: agents
	// offer the ports above it to all frameworks.
	ServiceNodePorts string
	// ClusterCIDR is the range of pod addresses: one CIDR, or one per IP family, separated
	// by a comma. It is passed to the controllers that need it; nothing is allocated from
	// it unless the controller node-ipam-controller is switched on.
	ClusterCIDR string
	// AssignPodRanges has each Node get a range of each CIDR of ClusterCIDR. One of IPv6 has
	// a mask of NodeMaskIPv6 bits; 0: Kubernetes' default, 64.
	AssignPodRanges bool
	NodeMaskIPv6    int
	// WithoutExecutor reports whether no executor works on a Node, so that one with a range
	// outside of ClusterCIDR may get another; nil: that is not known.
	WithoutExecutor func(*corev1.Node) bool `json:"-"` // tests hand the rest to a process of its own
	// ClusterDNS is the address of the Service kube-dns, see DNSAddress; "": there is none.
	ClusterDNS string
	// ServicesOnNodes lets executors read what the rules for services are made of, and
	// PoliciesOnNodes those for network policies: the pods of the whole cluster.
	ServicesOnNodes, PoliciesOnNodes bool
	// AllowPrivileged lets pods ask for privileged containers.
	AllowPrivileged bool
	// PodSecurity is the Pod Security Standard of namespaces that do not set one:
	// privileged (the default), baseline or restricted.
	PodSecurity string
	// DenyExternalIPs rejects services that set external IPs.
	DenyExternalIPs bool
	// UnenforcedPolicies is the warning in the answer to each write of a NetworkPolicy; "": none,
	// policies are enforced.
	UnenforcedPolicies string
	// EncryptSecrets encrypts secrets before they are stored in etcd, each from its
	// next write on.
	EncryptSecrets bool
	// AuditLog is the file that gets a line per request; "" disables it.
	AuditLog string
	// Controllers are the names of the controllers to run, as in
	// kube-controller-manager: "*" stands for the usual ones, "-name" removes one. The
	// single name "none" runs no controller. The default is "*". See SwitchedOff.
	Controllers []string
	// NoAgents states that no agent will join. With Controllers "none", not even the
	// signer of agents' certificates runs then.
	NoAgents bool
	// EventTTL is how long events are kept.
	EventTTL time.Duration

	// Door, if set, stands in front of the API server on both ports; api is the API
	// server in this process. A request to api with the context of a caller's request,
	// or one derived from it, has the caller's rights.
	Door func(api http.Handler) http.Handler

	// Fit says where a pod would fit now, for the answers to dry runs; nil: they say
	// nothing. It has a tenth of a second.
	Fit func(context.Context, *corev1.Pod) (string, error) `json:"-"`

	// Log receives what the control plane and etcd log.
	Log logr.Logger
}

// resolved is a Config with all defaults, parsed.
type resolved struct {
	Config
	hostname  string
	advertise net.IP
	secureIP  net.IP
	nodePorts *utilnet.PortRange
	serviceIP net.IP // of the service "kubernetes": the first of the range
	choice    choice // of controllers
	users     localport.Users
}

// resolve fills in the defaults. An error is a *ConfigError.
func (c Config) resolve() (resolved, error) {
	s := resolved{Config: c}
	for field, value := range map[*string]string{
		&s.LocalAddress:          DefaultLocalAddress,
		&s.SecureAddress:         DefaultSecureAddress,
		&s.ServiceClusterIPRange: DefaultServiceClusterIPRange,
	} {
		if *field == "" {
			*field = value
		}
	}
	if s.EventTTL == 0 {
		s.EventTTL = DefaultEventTTL
	}
	if s.DataDir == "" {
		return s, &ConfigError{"data_dir", errors.New("no data directory is named")}
	}
	for _, step := range []func() error{s.resolveHost, s.resolveSecure, s.resolveRanges, s.resolveEtcd, s.resolvePodSecurity, s.resolveAudit} {
		if err := step(); err != nil {
			return s, err
		}
	}
	var err error
	if s.choice, err = choose(s.Controllers, s.NoAgents); err != nil {
		return s, &ConfigError{"controllers", err}
	}
	if s.AssignPodRanges {
		s.choice = s.choice.with(names.NodeIpamController)
	}
	if s.users, err = localport.ParseUsers(s.LocalUsers, s.LocalUsersSetting); err != nil {
		return s, &ConfigError{"local_port_users", err}
	}
	return s, nil
}

func (s *resolved) resolveHost() error {
	name, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("host name: %w", err)
	}
	s.hostname = strings.ToLower(name)
	return nil
}

func (s *resolved) resolveSecure() error {
	host, _, err := net.SplitHostPort(s.SecureAddress)
	if err != nil {
		return &ConfigError{"secure_port", err}
	}
	if s.secureIP = net.ParseIP(host); s.secureIP == nil {
		return &ConfigError{"secure_port", fmt.Errorf("%q is not an IP address", host)}
	}
	if s.AdvertiseAddress != "" {
		if s.advertise = net.ParseIP(s.AdvertiseAddress); s.advertise == nil || s.advertise.IsUnspecified() {
			return &ConfigError{"advertise_address", fmt.Errorf("%q is not an IP address that agents can reach", s.AdvertiseAddress)}
		}
		return nil
	}
	if s.advertise, err = utilnet.ResolveBindAddress(s.secureIP); err != nil || s.secureIP.IsLoopback() {
		s.advertise = net.IPv4(127, 0, 0, 1) // no network: the only agents are on this machine
	}
	return nil
}

func (s *resolved) resolveRanges() error {
	ranges, err := netutils.ParseCIDRs(strings.Split(s.ServiceClusterIPRange, ","))
	if err != nil {
		return &ConfigError{"service_cluster_ip_range", err}
	}
	if s.serviceIP, err = netutils.GetIndexedIP(ranges[0], 1); err != nil {
		return &ConfigError{"service_cluster_ip_range", err}
	}
	if s.nodePorts, err = utilnet.ParsePortRange(cmp.Or(s.ServiceNodePorts, DefaultServiceNodePorts)); err != nil {
		return &ConfigError{"service_node_port_range", err}
	}
	if s.ClusterCIDR != "" {
		if _, err := netutils.ParseCIDRs(strings.Split(s.ClusterCIDR, ",")); err != nil {
			return &ConfigError{"cluster_cidr", err}
		}
	}
	return nil
}

func (s *resolved) resolveEtcd() error {
	for _, server := range s.EtcdServers {
		scheme, host, ok := strings.Cut(server, "://")
		if !ok || host == "" || scheme != "http" && scheme != "https" && scheme != "unix" {
			return &ConfigError{"etcd_servers", fmt.Errorf("%q is not a URL such as http://127.0.0.1:2379", server)}
		}
	}
	return s.resolveEtcdFiles()
}

// resolveEtcdFiles rejects files that cannot or would not be used.
func (s *resolved) resolveEtcdFiles() error {
	secure := slices.ContainsFunc(s.EtcdServers, func(server string) bool { return strings.HasPrefix(server, "https://") })
	for _, f := range []struct{ setting, path string }{
		{"etcd_ca_file", s.EtcdCAFile}, {"etcd_cert_file", s.EtcdCertFile}, {"etcd_key_file", s.EtcdKeyFile},
	} {
		if f.path != "" && !secure {
			return &ConfigError{f.setting, errors.New("it is for etcd_servers with https, and there is none")}
		}
	}
	if s.EtcdCAFile != "" {
		content, err := os.ReadFile(s.EtcdCAFile)
		if err == nil && !x509.NewCertPool().AppendCertsFromPEM(content) {
			err = fmt.Errorf("no certificate in PEM is in %s", s.EtcdCAFile)
		}
		if err != nil {
			return &ConfigError{"etcd_ca_file", err}
		}
	}
	switch {
	case s.EtcdCertFile+s.EtcdKeyFile == "":
		return nil
	case s.EtcdCertFile == "" || s.EtcdKeyFile == "":
		return &ConfigError{"etcd_cert_file", errors.New("it and etcd_key_file are given together or not at all")}
	}
	if _, err := tls.LoadX509KeyPair(s.EtcdCertFile, s.EtcdKeyFile); err != nil {
		return &ConfigError{"etcd_cert_file", err}
	}
	return nil
}
