package app

import (
	"context"
	"fmt"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework"
	"k8s.io/component-base/metrics/legacyregistry"
)

// measured runs a framework and shows its metrics next to those of the API server,
// at /metrics, for as long as it runs: what a life registers ends with it.
func measured(ctx context.Context, f *framework.Framework) error {
	metrics := f.Metrics()
	if err := legacyregistry.Registerer().Register(metrics); err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	defer legacyregistry.Registerer().Unregister(metrics)
	return f.Run(ctx)
}
