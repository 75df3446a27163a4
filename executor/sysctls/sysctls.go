// Package sysctls sets kernel parameters of a host for as long as executors need them. What
// the first executor found is put back by the last one, in a file next to their locks:
// several executors share it, and it outlives those that are killed.
//
// Before a parameter is changed its value is recorded. If somebody else changes it meanwhile,
// that is what is recorded at the next change, and what stays if there is none.
package sysctls

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/hostlock"
)

// Parameters are the kernel's parameters while an executor lives. Those below net belong to its
// network namespace, all others to the machine, whatever the namespaces of its executors.
type Parameters struct{ machine, namespace *scope }

// Join returns the parameters of this host. It waits while the last one before puts them back.
func Join(ctx context.Context, locks hostlock.Dir) (*Parameters, error) {
	machine, err := join(ctx, locks.OfMachine())
	if err != nil {
		return nil, fmt.Errorf("kernel parameters: %w", err)
	}
	namespace, err := join(ctx, locks)
	if err != nil {
		return nil, fmt.Errorf("kernel parameters: %w", errors.Join(err, machine.member.Release()))
	}
	return &Parameters{machine, namespace}, nil
}

// Set gives a parameter, such as net/ipv4/ip_forward, a value. The kernel changes the
// parameters that the patterns match together with it.
func (p *Parameters) Set(ctx context.Context, name, value string, together ...string) error {
	of := p.machine
	if strings.HasPrefix(name, "net/") {
		of = p.namespace
	}
	return of.change(ctx, name, value, together)
}

// Leave gives this executor's part up. The last one of the host puts back what others have
// not changed meanwhile. It asks first, when no other one can come or go: whether to restore, or
// leave it to another one as more than parameters is left on the host, and which parameters are
// needed still, as patterns of [path.Match]; these are forgotten. As the last one may be that of
// the machine, of its network namespace, or both, it may ask twice.
func (p *Parameters) Leave(ctx context.Context, ask func() (restore bool, needed []string, err error)) error {
	return errors.Join(p.namespace.leave(ctx, ask), p.machine.leave(ctx, ask))
}
