package local

import (
	"net"
	"slices"
	"strings"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

func (a *agent) agentID() *mesospb.AgentID { return &mesospb.AgentID{Value: proto.String(a.id)} }

func (a *agent) pid() string { return "slave(1)@" + a.endpoint }

func (a *agent) port() int32 { return int32(a.listener.Addr().(*net.TCPAddr).Port) }

func (a *agent) url() *mesospb.URL {
	return &mesospb.URL{
		Scheme:  proto.String("http"),
		Address: &mesospb.Address{Hostname: &a.hostname, Ip: &a.ip, Port: proto.Int32(a.port())},
		Path:    proto.String("/slave(1)"),
	}
}

func (a *agent) info() *mesospb.AgentInfo {
	return &mesospb.AgentInfo{
		Hostname: &a.hostname, Resources: a.total, Attributes: a.attributes,
		Id: a.agentID(), Port: proto.Int32(a.port()),
	}
}

// executorIDs returns the executors of f that run here or are being started.
func (a *agent) executorIDs(f *framework) []*mesospb.ExecutorID {
	var out []*mesospb.ExecutorID
	for _, ex := range a.executorsInOrder() {
		if ex.framework == f {
			out = append(out, ex.info.ExecutorId)
		}
	}
	return out
}

func (a *agent) executorsInOrder() []*executor {
	out := make([]*executor, 0, len(a.executors))
	for _, ex := range a.executors {
		out = append(out, ex)
	}
	slices.SortFunc(out, func(x, y *executor) int {
		if d := x.started.Compare(y.started); d != 0 {
			return d
		}
		return strings.Compare(x.container, y.container)
	})
	return out
}

// updatesInOrder returns f's update streams here, oldest first.
func (a *agent) updatesInOrder(f *framework) []*updates {
	var out []*updates
	for key, u := range a.updates {
		if key.framework == f.id {
			out = append(out, u)
		}
	}
	slices.SortFunc(out, func(x, y *updates) int { return x.number - y.number })
	return out
}
