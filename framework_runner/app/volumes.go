package app

import (
	"context"

	"k8s.io/client-go/kubernetes"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/events"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/volumes"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
)

// startVolumes starts what makes and removes the volumes of storage classes of ours. This
// process leads.
func startVolumes(ctx context.Context, p *parts, client kubernetes.Interface) {
	recorder := events.NewRecorder(client, taskdata.LocalProvisioner)
	p.start(ctx, "events about volumes", func(ctx context.Context) error {
		recorder.Run(ctx)
		return nil
	})
	local := volumes.New(volumes.Config{
		Client: client, Provisioner: taskdata.LocalProvisioner, Classes: volumes.LocalClasses,
		Space: volumes.NewAgents(client, p.log.WithName("volumes")), Events: recorder, Log: p.log.WithName("volumes"),
	})
	p.start(ctx, "volumes of class local", local.Run)
}
