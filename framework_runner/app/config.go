package app

import (
	"net"
	"net/http"
	"strconv"

	"github.com/go-logr/logr"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1"
	"github.com/kubernetes-mesos/kubernetes-mesos/controlplane"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/nodes"
)

// controlPlaneConfig returns what the flags say about the control plane.
func controlPlaneConfig(o options, log logr.Logger) controlplane.Config {
	return controlplane.Config{
		DataDir:               o.dataDir,
		EtcdServers:           list(o.etcdServers),
		EtcdCAFile:            o.etcdCAFile,
		EtcdCertFile:          o.etcdCertFile,
		EtcdKeyFile:           o.etcdKeyFile,
		LocalAddress:          net.JoinHostPort(o.address, strconv.Itoa(o.port)),
		NoLocalPort:           o.port == 0,
		LocalUsers:            list(o.localPortUsers),
		LocalUsersSetting:     "-local_port_users",
		SecureAddress:         net.JoinHostPort(o.secureAddress, strconv.Itoa(o.securePort)),
		AdvertiseAddress:      o.advertiseAddress,
		ServiceClusterIPRange: o.serviceClusterIPRange,
		ServiceNodePorts:      o.serviceNodePorts,
		ClusterCIDR:           o.clusterCIDR,
		AssignPodRanges:       o.assignsRanges(),
		NodeMaskIPv6:          o.nodeCIDRMaskSizeIPv6,
		WithoutExecutor:       nodes.Idle,
		ServicesOnNodes:       o.podNetwork != networkDocker,
		PoliciesOnNodes:       o.podNetwork == networkRouted,
		ClusterDNS:            ownDNS(o),
		AllowPrivileged:       o.allowPrivileged,
		PodSecurity:           o.podSecurity,
		DenyExternalIPs:       o.denyExternalIPs,
		UnenforcedPolicies:    o.policyWarning(),
		EncryptSecrets:        o.encryptSecrets,
		AuditLog:              o.auditLog,
		Controllers:           list(o.controllers),
		NoAgents:              o.master.kind == masterNone,
		Log:                   log,
		Door: func(api http.Handler) http.Handler {
			return v1beta1.NewHandler(api, v1beta1.Options{APIPrefix: o.apiPrefix, AllowPrivileged: o.allowPrivileged, PrivilegedHint: "flag -allow_privileged"})
		},
	}
}
