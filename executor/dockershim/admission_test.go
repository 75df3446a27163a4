package dockershim

import (
	"context"
	"strings"
	"testing"

	"google.golang.org/grpc"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// Once nothing is to be started, a call under way is waited for, later ones are refused, and
// all others are served.
func TestStartNothing(t *testing.T) {
	t.Parallel()
	s := &Server{}
	call := func(method string, handler func()) error {
		_, err := s.admission.intercept(t.Context(), nil, &grpc.UnaryServerInfo{FullMethod: method},
			func(context.Context, any) (any, error) { handler(); return nil, nil })
		return err
	}
	begun, end, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- call(runtimeapi.RuntimeService_RunPodSandbox_FullMethodName, func() { close(begun); <-end })
	}()
	<-begun
	impatient, cancel := context.WithCancel(t.Context())
	cancel()
	s.StartNothing(impatient) // returns, though the call is under way
	closed := make(chan struct{})
	go func() { s.StartNothing(t.Context()); close(closed) }()
	select {
	case <-closed:
		t.Error("a call under way is not waited for")
	default:
	}
	close(end)
	<-closed
	if err := <-ended; err != nil {
		t.Errorf("the call under way: %v", err)
	}
	for method := range starts {
		if err := call(method, func() { t.Errorf("%s is served", method) }); err == nil || !strings.Contains(err.Error(), "this node is ending") {
			t.Errorf("%s: %v", method, err)
		}
	}
	served := false
	if err := call(runtimeapi.RuntimeService_RemovePodSandbox_FullMethodName, func() { served = true }); err != nil || !served {
		t.Errorf("a removal: %v", err)
	}
}
