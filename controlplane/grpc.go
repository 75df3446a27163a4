package controlplane

import (
	"io"
	"strings"

	"github.com/go-logr/logr"
	"google.golang.org/grpc/grpclog"
)

// quietGRPC makes gRPC log only errors. While it starts, the API server makes some 60
// connections to etcd and drops every other one; each would be a warning. It affects
// the whole process and must be called before gRPC is used.
func quietGRPC(log logr.Logger) {
	grpclog.SetLoggerV2(grpclog.NewLoggerV2(io.Discard, io.Discard, errorLog{log}))
}

// errorLog logs each line as an error.
type errorLog struct{ log logr.Logger }

func (e errorLog) Write(line []byte) (int, error) {
	e.log.Error(nil, strings.TrimSpace(string(line)))
	return len(line), nil
}
