package node

import (
	"context"
	"errors"
	"io/fs"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/podnetwork"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/sysctls"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/hostlock"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/noderoutes"
)

// ofKubelet are the kernel parameters as the kubelet has them. It would set them itself, but
// never put them back.
var ofKubelet = map[string]string{
	"vm/overcommit_memory": "1", "vm/panic_on_oom": "0", "kernel/panic": "10", "kernel/panic_on_oops": "1",
	"kernel/keys/root_maxkeys": "1000000", "kernel/keys/root_maxbytes": "25000000",
}

// joinParameters sets the kernel parameters that the kubelet needs. Where this executor may not
// it is nil, and the kubelet says what it lacks.
func (n *Node) joinParameters(ctx context.Context) *sysctls.Parameters {
	var p *sysctls.Parameters
	locks, err := hostlock.Open(n.cfg.Locks)
	if err == nil {
		p, err = sysctls.Join(ctx, locks)
	}
	if err != nil {
		n.cfg.Log.Info("kernel parameters that the kubelet changes stay changed", "reason", err)
		return nil
	}
	for name, value := range ofKubelet {
		if err := p.Set(ctx, name, value); err != nil && !errors.Is(err, fs.ErrNotExist) {
			n.cfg.Log.Info("a kernel parameter is left to the kubelet", "reason", err)
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.parameters = p
	return p
}

// leaveParameters has the last executor of this host put back what the first one found, unless
// pods are left there, to which another executor will come.
func (n *Node) leaveParameters(ctx context.Context) error {
	n.mu.Lock()
	p := n.parameters
	n.parameters = nil
	n.mu.Unlock()
	if p == nil {
		return nil
	}
	return p.Leave(ctx, func() (restore bool, needed []string, err error) {
		if pods, err := noderoutes.Connected(); pods || err != nil {
			return false, nil, err
		}
		needed, err = podnetwork.NeededByOthers()
		return true, needed, err
	})
}
