package dockershim

import (
	"context"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// admission admits calls that start something until it is closed.
type admission struct {
	mu     sync.RWMutex // held for reading by such calls
	closed bool
}

// starts are the calls that make or start a container.
var starts = map[string]bool{
	runtimeapi.RuntimeService_RunPodSandbox_FullMethodName:   true,
	runtimeapi.RuntimeService_CreateContainer_FullMethodName: true,
	runtimeapi.RuntimeService_StartContainer_FullMethodName:  true,
}

// intercept is a grpc.UnaryServerInterceptor.
func (a *admission) intercept(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	if !starts[info.FullMethod] {
		return handler(ctx, req)
	}
	a.mu.RLock()
	defer a.mu.RUnlock()
	if a.closed {
		return nil, status.Error(codes.Unavailable, "this node is ending: it starts no containers any more")
	}
	return handler(ctx, req)
}

// StartNothing refuses calls that start something from now on, and returns when those that
// were under way have ended, or ctx has. After that, what RemoveAll removes does not come
// back.
func (s *Server) StartNothing(ctx context.Context) {
	closed := make(chan struct{})
	go func() {
		s.admission.mu.Lock()
		s.admission.closed = true
		s.admission.mu.Unlock()
		close(closed)
	}()
	select {
	case <-closed:
	case <-ctx.Done():
	}
}
