package controlplane

import (
	"io"
	"strings"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/glog"
	"google.golang.org/grpc/grpclog"
)

// quietGRPC lets errors of gRPC alone into the log. The API server makes some
// 60 connections to etcd and drops one in two of them while it starts; each is
// a warning otherwise. It is for the whole process, before gRPC is used.
func quietGRPC() {
	grpclog.SetLoggerV2(grpclog.NewLoggerV2(io.Discard, io.Discard, errorLog{}))
}

// errorLog writes each line into glog as an error.
type errorLog struct{}

func (errorLog) Write(line []byte) (int, error) {
	glog.Error("grpc: " + strings.TrimSpace(string(line)))
	return len(line), nil
}
