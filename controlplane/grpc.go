package controlplane

import (
	"io"
	"strings"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/glog"
	"google.golang.org/grpc/grpclog"
)

// quietGRPC makes gRPC log only errors. While it starts, the API server makes some 60
// connections to etcd and drops every other one; each would be a warning. It affects
// the whole process and must be called before gRPC is used.
func quietGRPC() {
	grpclog.SetLoggerV2(grpclog.NewLoggerV2(io.Discard, io.Discard, errorLog{}))
}

// errorLog writes each line to glog as an error.
type errorLog struct{}

func (errorLog) Write(line []byte) (int, error) {
	glog.Error("grpc: " + strings.TrimSpace(string(line)))
	return len(line), nil
}
