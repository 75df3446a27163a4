package dockershim

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"testing"

	docker "github.com/fsouza/go-dockerclient"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim/spec"
)

// The kubelet decides by the code whether to try again, and whether a container is gone.
func TestCodes(t *testing.T) {
	t.Parallel()
	api := func(code int) error { return &docker.Error{Status: code, Message: "m"} }
	for name, c := range map[string]struct {
		err  error
		want codes.Code
	}{
		"bad configuration":   {spec.Invalid("no"), codes.InvalidArgument},
		"not ours":            {&notOurs{"c"}, codes.NotFound},
		"no container":        {&docker.NoSuchContainer{ID: "c"}, codes.NotFound},
		"no exec":             {&docker.NoSuchExec{ID: "e"}, codes.NotFound},
		"no image":            {docker.ErrNoSuchImage, codes.NotFound},
		"404":                 {api(http.StatusNotFound), codes.NotFound},
		"400":                 {api(http.StatusBadRequest), codes.InvalidArgument},
		"401":                 {api(http.StatusUnauthorized), codes.PermissionDenied},
		"403":                 {api(http.StatusForbidden), codes.PermissionDenied},
		"409":                 {api(http.StatusConflict), codes.FailedPrecondition},
		"500":                 {api(http.StatusInternalServerError), codes.Unknown},
		"503":                 {api(http.StatusServiceUnavailable), codes.Unavailable},
		"deadline":            {context.DeadlineExceeded, codes.DeadlineExceeded},
		"cancelled":           {context.Canceled, codes.Canceled},
		"refused":             {docker.ErrConnectionRefused, codes.Unavailable},
		"network":             {&net.OpError{Op: "dial", Err: errors.New("reset")}, codes.Unavailable},
		"anything else":       {errors.New("x"), codes.Unknown},
		"a container and 500": {errors.Join(api(http.StatusInternalServerError), &notOurs{"c"}), codes.NotFound},
	} {
		_, err := withStatus(t.Context(), nil, nil, func(context.Context, any) (any, error) {
			return nil, fmt.Errorf("doing it: %w", c.err)
		})
		if got := status.Code(err); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	own := status.Error(codes.Aborted, "already has a code")
	if _, err := withStatus(t.Context(), nil, nil, func(context.Context, any) (any, error) { return nil, own }); err != own {
		t.Errorf("an error with a code became %v", err)
	}
}

// What is already so is told from what failed.
func TestKindsOfErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		is   func(error) bool
		yes  error
		noes []error
	}{
		"stopped":  {stopped, &docker.ContainerNotRunning{ID: "c"}, []error{nil, &docker.ContainerAlreadyRunning{ID: "c"}, &docker.Error{Status: 304}}},
		"running":  {running, &docker.ContainerAlreadyRunning{ID: "c"}, []error{nil, &docker.ContainerNotRunning{ID: "c"}}},
		"conflict": {conflict, &docker.Error{Status: 409}, []error{nil, &docker.Error{Status: 404}}},
		"gone":     {gone, &docker.Error{Status: 404}, []error{nil, &docker.Error{Status: 409}, errors.New("not found")}},
	} {
		if !c.is(fmt.Errorf("doing it: %w", c.yes)) {
			t.Errorf("%s: not recognised", name)
		}
		for _, no := range c.noes {
			if c.is(no) {
				t.Errorf("%s: %v is taken for it", name, no)
			}
		}
	}
}
