//go:build deps

package deps

import (
	_ "github.com/fsouza/go-dockerclient"
	_ "github.com/go-zookeeper/zk"
	_ "github.com/gogo/protobuf/jsonpb"
	_ "github.com/gogo/protobuf/proto"
	_ "github.com/gogo/protobuf/protoc-gen-gogofast"
	_ "github.com/golang/glog"
	_ "github.com/google/uuid"
	_ "go.etcd.io/etcd/server/v3/embed"
	_ "k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
	_ "k8s.io/cri-api/pkg/apis/runtime/v1"
	_ "k8s.io/cri-client/pkg"
	_ "k8s.io/cri-streaming/pkg/streaming"
	_ "k8s.io/kubectl/pkg/cmd"
	_ "k8s.io/kubernetes/cmd/kube-apiserver/app"
	_ "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	_ "k8s.io/kubernetes/cmd/kubelet/app"
	_ "pgregory.net/rapid"
)
