package dockershim

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"

	docker "github.com/fsouza/go-dockerclient"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim/spec"
)

// notOurs means that a container does not exist or is not our owner's; callers need
// not distinguish the two.
type notOurs struct{ id string }

func (e *notOurs) Error() string {
	return fmt.Sprintf("no container %s of this executor", e.id)
}

// gone reports whether err says that the container or image does not exist.
func gone(err error) bool {
	var (
		ours      *notOurs
		container *docker.NoSuchContainer
		exec      *docker.NoSuchExec
		api       *docker.Error
	)
	return errors.As(err, &ours) || errors.As(err, &container) || errors.As(err, &exec) ||
		errors.Is(err, docker.ErrNoSuchImage) ||
		errors.As(err, &api) && api.Status == http.StatusNotFound
}

// stopped reports whether err says that the container does not run, so there is
// nothing to stop.
func stopped(err error) bool {
	var e *docker.ContainerNotRunning
	return errors.As(err, &e)
}

// running reports whether err says that the container already runs.
func running(err error) bool {
	var e *docker.ContainerAlreadyRunning
	return errors.As(err, &e)
}

// conflict reports whether err says that the object is in use by, or in conflict
// with, something else (HTTP status 409).
func conflict(err error) bool {
	var api *docker.Error
	return errors.As(err, &api) && api.Status == http.StatusConflict
}

// code returns the gRPC code for an error of this package or of Docker's client.
func code(err error) codes.Code {
	var (
		bad *spec.InvalidError
		api *docker.Error
		net net.Error
	)
	switch {
	case errors.As(err, &bad):
		return codes.InvalidArgument
	case gone(err):
		return codes.NotFound
	case errors.Is(err, context.DeadlineExceeded):
		return codes.DeadlineExceeded
	case errors.Is(err, context.Canceled):
		return codes.Canceled
	case errors.As(err, &api):
		return apiCode(api.Status)
	case errors.Is(err, docker.ErrConnectionRefused), errors.As(err, &net):
		return codes.Unavailable
	}
	return codes.Unknown
}

func apiCode(httpStatus int) codes.Code {
	switch httpStatus {
	case http.StatusBadRequest:
		return codes.InvalidArgument
	case http.StatusConflict:
		return codes.FailedPrecondition
	case http.StatusUnauthorized, http.StatusForbidden:
		return codes.PermissionDenied
	case http.StatusServiceUnavailable:
		return codes.Unavailable
	}
	return codes.Unknown
}

// withStatus gives every error a gRPC code, once, at this package's boundary.
func withStatus(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	answer, err := handler(ctx, req)
	if err == nil {
		return answer, nil
	}
	if _, has := status.FromError(err); has {
		return nil, err
	}
	return nil, status.Error(code(err), err.Error())
}
