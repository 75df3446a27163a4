package controlplane

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/record"
	"k8s.io/kubernetes/cmd/kube-controller-manager/app"
	"k8s.io/kubernetes/cmd/kube-controller-manager/app/config"
	"k8s.io/kubernetes/cmd/kube-controller-manager/app/options"
	"k8s.io/kubernetes/cmd/kube-controller-manager/names"

	corev1 "k8s.io/api/core/v1"
)

// SwitchedOff returns the controllers that "*" excludes here but includes in
// kube-controller-manager, each with the reason. Naming one runs it.
func SwitchedOff() map[string]string {
	return map[string]string{
		names.NodeLifecycleController:                            "Mesos is the truth about agents",
		names.NodeIpamController:                                 "the container runtime gives pods their addresses",
		names.TTLController:                                      "kubelets watch what they need instead of caching it for a time",
		names.CertificateSigningRequestApprovingController:       "the framework approves agents' certificates: it knows which are its own",
		names.ResourceClaimController:                            "devices are given out by Mesos",
		names.DeviceTaintEvictionController:                      "devices are given out by Mesos",
		names.ResourcePoolStatusRequestController:                "devices are given out by Mesos",
		names.LegacyServiceAccountTokenCleanerController:         "tokens of before Kubernetes 1.24 have never been here",
		names.StorageVersionGarbageCollectorController:           "its API is not served",
		names.StorageVersionMigratorController:                   "its API is not served",
		names.KubeAPIServerClusterTrustBundlePublisherController: "its API is not served",
		names.PodCertificateRequestCleanerController:             "its API is not served",
	}
}

// choice says which controllers run.
type choice struct {
	names []string // as kube-controller-manager takes them; if empty, it does not run
}

// runs reports whether the controller with this name runs.
func (c choice) runs(name string) bool {
	for _, n := range c.names {
		switch n {
		case name:
			return true
		case "-" + name:
			return false
		}
	}
	return slices.Contains(c.names, "*") && !slices.Contains(app.ControllersDisabledByDefault(), name)
}

// with returns a choice that also runs a controller which is off by default, unless none
// runs at all.
func (c choice) with(name string) choice {
	if len(c.names) > 0 {
		c.names = append([]string{name}, c.names...)
	}
	return c
}

// choose turns the user's list into a choice. Unless there are no agents, it always
// includes the signer of their certificates: without it none could join.
func choose(wanted []string, noAgents bool) (choice, error) {
	var c choice
	wanted = slices.DeleteFunc(slices.Clone(wanted), func(name string) bool { return name == "" })
	switch {
	case len(wanted) == 0:
		wanted = []string{"*"}
	case slices.Equal(wanted, []string{"none"}):
		wanted = nil
	case slices.Contains(wanted, "none"):
		return c, errors.New(`"none" stands alone`)
	}
	aliases, known := app.ControllerAliases(), app.KnownControllers()
	for _, w := range wanted {
		name, off := strings.CutPrefix(w, "-")
		if canonical, ok := aliases[name]; ok {
			name = canonical
		}
		if name != "*" && !slices.Contains(known, name) {
			return c, fmt.Errorf("no controller is called %q; there are %s", name, strings.Join(known, ", "))
		}
		if off {
			name = "-" + name
		}
		c.names = append(c.names, name)
	}
	if slices.Contains(c.names, "*") {
		c.names = append(c.names, names.TokenCleanerController) // off upstream; agents' tokens expire
		for name := range SwitchedOff() {
			c.names = append(c.names, "-"+name)
		}
	}
	if !noAgents {
		c.names = append([]string{names.CertificateSigningRequestSigningController}, c.names...)
	}
	return c, nil
}

// controllersGrace is how long the controllers may take to stop.
const controllersGrace = 2 * time.Second

// runControllers runs the chosen controllers as client until ctx ends.
func runControllers(ctx context.Context, s resolved, files files, client *rest.Config) error {
	o, err := options.NewKubeControllerManagerOptions()
	if err != nil {
		return err
	}
	o.Generic.Controllers = s.choice.names
	o.Generic.LeaderElection.LeaderElect = false // package leaderelection decides that
	o.SecureServing.BindPort = 0
	o.ControllerShutdownTimeout = controllersGrace
	o.KubeCloudShared.ClusterCIDR = s.ClusterCIDR
	o.KubeCloudShared.AllocateNodeCIDRs = false // podRanges does
	o.KubeCloudShared.ConfigureCloudRoutes = false
	o.NodeIPAMController.ServiceCIDR = s.ServiceClusterIPRange
	o.CSRSigningController.ClusterSigningCertFile = files.caCert
	o.CSRSigningController.ClusterSigningKeyFile = files.caKey
	o.SAController.ServiceAccountKeyFile = files.serviceAccountKey
	o.SAController.RootCAFile = files.caCert
	all, off, aliases := app.KnownControllers(), app.ControllersDisabledByDefault(), app.ControllerAliases()
	if err := o.Validate(all, off, aliases); err != nil {
		return err
	}
	clients, err := kubernetes.NewForConfig(rest.AddUserAgent(client, options.KubeControllerManagerUserAgent))
	if err != nil {
		return err
	}
	events := record.NewBroadcaster(record.WithContext(ctx))
	c := &config.Config{
		Client:                   clients,
		Kubeconfig:               client,
		EventBroadcaster:         events,
		EventRecorder:            events.NewRecorder(scheme.Scheme, corev1.EventSource{Component: options.KubeControllerManagerUserAgent}),
		ComponentGlobalsRegistry: o.ComponentGlobalsRegistry,
	}
	if err := o.ApplyTo(c, all, off, aliases); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	if s.ClusterCIDR != "" && s.choice.runs(names.NodeIpamController) {
		ranges, err := newPodRanges(clients, s.Config, renewPeriod)
		if err != nil {
			return err
		}
		g.Go(func() error { return ranges.run(ctx) })
	}
	g.Go(func() error {
		err := app.Run(ctx, c.Complete())
		if ctx.Err() == nil {
			err = orUnknown(err)
		}
		return err
	})
	return g.Wait()
}
