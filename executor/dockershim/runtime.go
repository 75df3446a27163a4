package dockershim

import (
	"context"
	"net/netip"
	"strings"
	"time"

	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim/engine"
)

// The kubelet requires exactly this version in Version's response, and speaks v1 of
// the interface (kubelet 1.36, kuberuntime_manager.go).
const (
	kubeletAPIVersion = "0.1.0"
	criVersion        = "v1"
	runtimeName       = "docker"
)

// daemonStatus answers what the kubelet asks of the runtime as a whole.
type daemonStatus struct {
	engine *engine.Engine
	config Config
}

// Version returns the version of Docker.
func (s *daemonStatus) Version(ctx context.Context, _ *runtimeapi.VersionRequest) (*runtimeapi.VersionResponse, error) {
	d, err := s.engine.Daemon(ctx)
	if err != nil {
		return nil, err
	}
	return &runtimeapi.VersionResponse{
		Version:           kubeletAPIVersion,
		RuntimeName:       runtimeName,
		RuntimeVersion:    d.Version,
		RuntimeApiVersion: criVersion,
	}, nil
}

// statusTime limits Status: a daemon that does not answer within this time is not ready.
const statusTime = 10 * time.Second

// Status reports whether pods can be run now. It never fails: it reports a daemon
// that does not answer.
func (s *daemonStatus) Status(ctx context.Context, _ *runtimeapi.StatusRequest) (*runtimeapi.StatusResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, statusTime)
	defer cancel()
	return &runtimeapi.StatusResponse{
		Status: &runtimeapi.RuntimeStatus{Conditions: []*runtimeapi.RuntimeCondition{
			condition(runtimeapi.RuntimeReady, "DockerDaemonNotReady", s.ping(ctx)),
			s.network(ctx),
		}},
		RuntimeHandlers: []*runtimeapi.RuntimeHandler{{Features: &runtimeapi.RuntimeHandlerFeatures{}}},
		Features:        &runtimeapi.RuntimeFeatures{},
	}, nil
}

func condition(kind, reason string, err error) *runtimeapi.RuntimeCondition {
	if err != nil {
		return &runtimeapi.RuntimeCondition{Type: kind, Reason: reason, Message: err.Error()}
	}
	return &runtimeapi.RuntimeCondition{Type: kind, Status: true}
}

func (s *daemonStatus) ping(ctx context.Context) error {
	client, err := s.engine.Client(ctx)
	if err != nil {
		return err
	}
	return client.PingWithContext(ctx)
}

// network reports whether pods can be connected.
func (s *daemonStatus) network(ctx context.Context) *runtimeapi.RuntimeCondition {
	if s.config.NetworkReady != nil {
		return condition(runtimeapi.NetworkReady, "PodNetworkNotReady", s.config.NetworkReady(ctx))
	}
	return condition(runtimeapi.NetworkReady, "DockerBridgeMissing", s.bridge(ctx))
}

// bridge returns an error unless Docker has its default network, which pods use. A
// daemon started with --bridge=none has none.
func (s *daemonStatus) bridge(ctx context.Context) error {
	client, err := s.engine.Client(ctx)
	if err != nil {
		return err
	}
	_, err = client.NetworkInfo("bridge")
	return err
}

// RuntimeConfig returns the cgroup driver that Docker uses.
func (s *daemonStatus) RuntimeConfig(ctx context.Context, _ *runtimeapi.RuntimeConfigRequest) (*runtimeapi.RuntimeConfigResponse, error) {
	d, err := s.engine.Daemon(ctx)
	if err != nil {
		return nil, err
	}
	driver := runtimeapi.CgroupDriver_CGROUPFS
	if d.SystemdCgroup {
		driver = runtimeapi.CgroupDriver_SYSTEMD
	}
	return &runtimeapi.RuntimeConfigResponse{Linux: &runtimeapi.LinuxRuntimeConfiguration{CgroupDriver: driver}}, nil
}

// UpdateRuntimeConfig passes the node's ranges of pod addresses on to a network that wants
// them; Docker's bridge has its own.
func (s *daemonStatus) UpdateRuntimeConfig(_ context.Context, req *runtimeapi.UpdateRuntimeConfigRequest) (*runtimeapi.UpdateRuntimeConfigResponse, error) {
	var ranges []netip.Prefix
	for text := range strings.SplitSeq(req.GetRuntimeConfig().GetNetworkConfig().GetPodCidr(), ",") {
		if r, err := netip.ParsePrefix(text); err == nil {
			ranges = append(ranges, r.Masked())
		}
	}
	if s.config.PodRanges != nil {
		s.config.PodRanges(ranges)
	}
	return &runtimeapi.UpdateRuntimeConfigResponse{}, nil
}
