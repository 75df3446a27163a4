package app

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/placement"
	"github.com/kubernetes-mesos/kubernetes-mesos/controlplane"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	corev1 "k8s.io/api/core/v1"
)

// placements puts the API's questions about placement to the framework, while it runs in this
// process.
type placements struct {
	running atomic.Pointer[framework.Framework]
	without error // the answer while it does not run
}

func newPlacements(o options) *placements {
	p := &placements{without: errors.New("the framework does not run in this framework_runner: another one leads, or none does yet")}
	if o.master.kind == masterNone {
		p.without = errors.New(withoutMesos)
	}
	return p
}

// answer has the control plane serve the answers, and tell dry runs where pods would fit.
func (p *placements) answer(cfg *controlplane.Config) {
	door := cfg.Door
	cfg.Door = func(api http.Handler) http.Handler { return door(placement.NewHandler(api, p)) }
	cfg.Fit = p.fit
}

// during runs a framework, which is asked as long as it runs.
func (p *placements) during(f *framework.Framework, run func() error) error {
	p.running.Store(f)
	defer p.running.Store(nil)
	return run()
}

// Placement implements [placement.Source].
func (p *placements) Placement(ctx context.Context, uid string) (scheduler.Placement, error) {
	if f := p.running.Load(); f != nil {
		return f.Placement(ctx, uid)
	}
	return scheduler.Placement{}, p.without
}

// Queue implements [placement.Source].
func (p *placements) Queue(ctx context.Context) (scheduler.Queue, error) {
	if f := p.running.Load(); f != nil {
		return f.Queue(ctx)
	}
	return nil, p.without
}

func (p *placements) fit(ctx context.Context, pod *corev1.Pod) (string, error) {
	if f := p.running.Load(); f != nil {
		return f.Fit(ctx, pod)
	}
	return "", p.without
}
