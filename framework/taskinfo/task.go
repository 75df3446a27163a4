package taskinfo

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
)

// maxLabels bounds how many of a pod's labels Mesos is asked to keep and show.
const maxLabels = 32

// Task returns the Mesos task that runs a pod. The executor goes by its
// data; name, labels and discovery are for people and for Mesos-DNS.
func Task(t scheduler.Task, p *v1.Pod, rs []*mesospb.Resource, exec *mesospb.ExecutorInfo, cluster taskdata.Cluster) (*mesospb.TaskInfo, error) {
	data, err := taskdata.Data{
		Namespace: p.Namespace,
		Name:      p.Name,
		UID:       string(p.UID),
		Node:      t.Node,
		Cluster:   cluster,
	}.Encode()
	if err != nil {
		return nil, err
	}
	info := &mesospb.TaskInfo{
		Name:      proto.String(p.Name + "." + p.Namespace),
		TaskId:    &mesospb.TaskID{Value: proto.String(t.ID)},
		AgentId:   &mesospb.AgentID{Value: proto.String(t.Agent)},
		Resources: rs,
		Executor:  exec,
		Data:      data,
		Labels:    labels(p.Labels),
		Discovery: discovery(p),
	}
	if s := p.Spec.TerminationGracePeriodSeconds; s != nil {
		grace := time.Duration(*s) * time.Second
		info.KillPolicy = &mesospb.KillPolicy{GracePeriod: &mesospb.DurationInfo{Nanoseconds: proto.Int64(int64(grace))}}
	}
	return info, nil
}

func labels(m map[string]string) *mesospb.Labels {
	if len(m) == 0 {
		return nil
	}
	out := &mesospb.Labels{}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if len(out.Labels) == maxLabels {
			break
		}
		out.Labels = append(out.Labels, &mesospb.Label{Key: proto.String(k), Value: proto.String(m[k])})
	}
	return out
}

func discovery(p *v1.Pod) *mesospb.DiscoveryInfo {
	d := &mesospb.DiscoveryInfo{
		Visibility: mesospb.DiscoveryInfo_CLUSTER.Enum(),
		Name:       proto.String(p.Name + "." + p.Namespace),
	}
	for _, c := range p.Spec.Containers {
		for _, port := range c.Ports {
			n := port.HostPort
			if n == 0 && p.Spec.HostNetwork {
				n = port.ContainerPort
			}
			if n <= 0 {
				continue
			}
			if d.Ports == nil {
				d.Ports = &mesospb.Ports{}
			}
			d.Ports.Ports = append(d.Ports.Ports, &mesospb.Port{
				Number:   proto.Uint32(uint32(n)),
				Name:     optional(port.Name),
				Protocol: optional(strings.ToLower(string(port.Protocol))),
			})
		}
	}
	return d
}

// optional returns nil (not set) for the empty string.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
