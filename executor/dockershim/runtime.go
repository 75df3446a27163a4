package dockershim

import (
	"context"
	"time"

	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// The kubelet requires exactly this version in Version's response, and speaks v1 of
// the interface (kubelet 1.36, kuberuntime_manager.go).
const (
	kubeletAPIVersion = "0.1.0"
	criVersion        = "v1"
	runtimeName       = "docker"
)

// Version returns the version of Docker.
func (s *service) Version(ctx context.Context, _ *runtimeapi.VersionRequest) (*runtimeapi.VersionResponse, error) {
	l, err := s.engine.dial(ctx)
	if err != nil {
		return nil, err
	}
	return &runtimeapi.VersionResponse{
		Version:           kubeletAPIVersion,
		RuntimeName:       runtimeName,
		RuntimeVersion:    l.version,
		RuntimeApiVersion: criVersion,
	}, nil
}

// statusTime limits Status: a daemon that does not answer within this time is not ready.
const statusTime = 10 * time.Second

// Status reports whether pods can be run now. It never fails: it reports a daemon
// that does not answer.
func (s *service) Status(ctx context.Context, _ *runtimeapi.StatusRequest) (*runtimeapi.StatusResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, statusTime)
	defer cancel()
	return &runtimeapi.StatusResponse{
		Status: &runtimeapi.RuntimeStatus{Conditions: []*runtimeapi.RuntimeCondition{
			condition(runtimeapi.RuntimeReady, "DockerDaemonNotReady", s.ping(ctx)),
			condition(runtimeapi.NetworkReady, "DockerBridgeMissing", s.bridge(ctx)),
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

func (s *service) ping(ctx context.Context) error {
	client, err := s.engine.in(ctx)
	if err != nil {
		return err
	}
	return client.PingWithContext(ctx)
}

// bridge returns an error unless Docker has its default network, which pods use. A
// daemon started with --bridge=none has none.
func (s *service) bridge(ctx context.Context) error {
	client, err := s.engine.in(ctx)
	if err != nil {
		return err
	}
	_, err = client.NetworkInfo("bridge")
	return err
}

// RuntimeConfig returns the cgroup driver that Docker uses.
func (s *service) RuntimeConfig(ctx context.Context, _ *runtimeapi.RuntimeConfigRequest) (*runtimeapi.RuntimeConfigResponse, error) {
	l, err := s.engine.dial(ctx)
	if err != nil {
		return nil, err
	}
	driver := runtimeapi.CgroupDriver_CGROUPFS
	if l.systemdCgroup {
		driver = runtimeapi.CgroupDriver_SYSTEMD
	}
	return &runtimeapi.RuntimeConfigResponse{Linux: &runtimeapi.LinuxRuntimeConfiguration{CgroupDriver: driver}}, nil
}

// UpdateRuntimeConfig ignores the pod address range: Docker's bridge has its own.
func (s *service) UpdateRuntimeConfig(context.Context, *runtimeapi.UpdateRuntimeConfigRequest) (*runtimeapi.UpdateRuntimeConfigResponse, error) {
	return &runtimeapi.UpdateRuntimeConfigResponse{}, nil
}
