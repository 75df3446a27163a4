package kubelet

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	typedv1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/record"
	"k8s.io/kubernetes/cmd/kubelet/app"
	"k8s.io/kubernetes/cmd/kubelet/app/options"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	upstream "k8s.io/kubernetes/pkg/kubelet"
	podconfig "k8s.io/kubernetes/pkg/kubelet/config"
	kubetypes "k8s.io/kubernetes/pkg/kubelet/types"
	kubeletutil "k8s.io/kubernetes/pkg/kubelet/util"
)

func (k *Kubelet) run(ctx context.Context, s *options.KubeletServer, conn *rest.Config) error {
	gate := utilfeature.DefaultFeatureGate
	deps, err := app.UnsecuredDependencies(ctx, s, gate)
	if err != nil {
		return fmt.Errorf("kubelet: %w", err)
	}
	events, err := typedv1.NewForConfig(conn)
	if err != nil {
		return fmt.Errorf("kubelet: client for events: %w", err)
	}
	broadcaster := record.NewBroadcaster(record.WithContext(ctx))
	defer broadcaster.Shutdown()
	broadcaster.StartRecordingToSink(&typedv1.EventSinkImpl{Interface: events.Events("")})

	deps.CAdvisorInterface = k.cfg.machine()
	deps.OSInterface = ownFiles{}
	deps.Recorder = broadcaster.NewRecorder(legacyscheme.Scheme, v1.EventSource{Component: "kubelet", Host: k.cfg.Node})
	if deps.ContainerManager, err = newContainerManager(ctx, k.cfg.Node, s, deps, k.client); err != nil {
		return err
	}
	deps.PodStartupLatencyTracker = kubeletutil.NewPodStartupLatencyTracker()
	deps.PodConfig = podconfig.NewPodConfig(deps.Recorder, deps.PodStartupLatencyTracker)
	updates := deps.PodConfig.Channel(ctx, kubetypes.ApiserverSource)

	ctx, cancel := context.WithCancel(ctx)
	watching := make(chan struct{})
	made := make(chan *upstream.Kubelet, 1)
	deps.Options = append(deps.Options, func(u *upstream.Kubelet) {
		if place := volumeManager(u); place != nil { // before it runs
			*place = newVolumes(*place)
		}
		if !k.resizes.join(u) {
			k.cfg.Log.Error(nil, "pods can be resized in place beyond what their Mesos tasks have: the kubelet does not let itself be asked")
		}
		made <- u
	})
	go func() {
		defer close(watching)
		var feeding sync.WaitGroup
		defer feeding.Wait()
		feeding.Go(func() { k.source.feed(ctx, func(pods []*v1.Pod) { send(ctx, updates, pods) }) })
		k.watch(ctx, s.Port, made)
	}()
	err = app.Run(ctx, s, deps, gate)
	cancel()
	<-watching
	if err != nil {
		return fmt.Errorf("kubelet: %w", err)
	}
	return nil
}

// watch feeds the node's pods to the kubelet once the kubelet is ready for them.
func (k *Kubelet) watch(ctx context.Context, port int32, made <-chan *upstream.Kubelet) {
	select {
	case <-ctx.Done():
	case u := <-made:
		if reported(ctx, u, port) && k.certified(ctx) {
			k.source.run(ctx, k.client, k.cfg.Node, u.RequestPodRelist)
		}
	}
}

// reported waits until the kubelet sees its own report in its Node object, recognised
// by the port. It returns false if ctx ends first. Before that, the kubelet would judge
// a pod by the object as another program made it, without labels or room, and refuse
// the pod permanently. The kubelet offers nothing to wait on, so it is polled.
func reported(ctx context.Context, u *upstream.Kubelet, port int32) bool {
	return nil == wait.PollUntilContextCancel(ctx, pollInterval, true, func(ctx context.Context) (bool, error) {
		node, err := u.GetNode(ctx)
		return err == nil && node.Status.DaemonEndpoints.KubeletEndpoint.Port == port && !node.Status.Allocatable.Pods().IsZero(), nil
	})
}

// pollInterval is how often to look for what the kubelet offers nothing to wait on.
const pollInterval = 20 * time.Millisecond

// certified waits until the kubelet has a certificate to serve with, for so long that one
// that is granted at all has come. It returns false if ctx ends first. Without it, logs
// and exec of the node's first pod fail for up to a second after the pod is Running. The
// kubelet asks once a second and offers nothing to wait on, so its file is polled.
func (k *Kubelet) certified(ctx context.Context) bool {
	file := filepath.Join(paths{k.cfg.RootDir}.pki(), "kubelet-server-current.pem")
	err := wait.PollUntilContextTimeout(ctx, pollInterval, certificateWait, true, func(context.Context) (bool, error) {
		_, err := os.Stat(file)
		return err == nil, nil
	})
	if err != nil && ctx.Err() == nil {
		k.cfg.Log.Error(nil, "starting pods without a serving certificate: kubectl logs and exec fail until it is there", "node", k.cfg.Node, "waited", certificateWait)
	}
	return ctx.Err() == nil
}

// certificateWait is how long a node's first pods wait for the serving certificate.
const certificateWait = 5 * time.Second

// send passes pods to the kubelet as the complete set. The element type of the kubelet's
// channel cannot be named outside of its package, but has this shape.
func send[T ~struct{ Pods []*v1.Pod }](ctx context.Context, updates chan<- T, pods []*v1.Pod) {
	select {
	case updates <- T{Pods: pods}:
	case <-ctx.Done():
	}
}
