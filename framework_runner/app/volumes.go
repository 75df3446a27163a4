package app

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"

	"k8s.io/client-go/kubernetes"

	"github.com/kubernetes-mesos/kubernetes-mesos/controlplane"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/events"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/mesosvolumes"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/volumes"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
)

// startVolumes starts what makes and removes the volumes of storage classes of ours; mesos
// may be nil. This process leads.
func startVolumes(ctx context.Context, p *parts, client kubernetes.Interface, mesos *volumes.Mesos) error {
	start := func(name, provisioner, removedWhen string, classes []volumes.Class, space volumes.Space) {
		recorder := events.NewRecorder(client, provisioner)
		p.start(ctx, "events about volumes of class "+name, func(ctx context.Context) error {
			recorder.Run(ctx)
			return nil
		})
		c := volumes.New(volumes.Config{
			Client: client, Provisioner: provisioner, Classes: classes, Space: space, RemovedWhen: removedWhen,
			Events: recorder, Log: p.log.WithName("volumes"),
		})
		p.start(ctx, "volumes of class "+name, c.Run)
	}
	start("local", taskdata.LocalProvisioner, "an executor runs", volumes.LocalClasses, volumes.NewAgents(client, p.log.WithName("volumes")))
	if mesos == nil {
		return nil
	}
	if err := mesos.Load(ctx); err != nil {
		return err
	}
	start("mesos", taskdata.MesosProvisioner, "Mesos offers its disk", volumes.MesosClasses, mesos)
	return nil
}

// mesosVolumes returns the space of volumes that Mesos keeps; nil: in role *, which cannot
// reserve anything.
func mesosVolumes(p *parts, o options, plane *controlplane.ControlPlane, store framework.Store) (*volumes.Mesos, error) {
	if o.frameworkRole == "*" || o.master.kind == masterNone {
		return nil, nil
	}
	client, err := clientOf(plane)
	if err != nil {
		return nil, err
	}
	ca := sha256.Sum256(plane.CA())
	return volumes.NewMesos(volumes.MesosConfig{
		Client: client, Store: store, Log: p.log.WithName("volumes"),
		Volume: mesosvolumes.Config{
			Role: o.frameworkRole, Principal: cmp.Or(o.login.principal, o.principal), Cluster: hex.EncodeToString(ca[:8]),
		},
	}), nil
}
