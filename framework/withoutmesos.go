package framework

import (
	"context"
	"sync"

	"github.com/go-logr/logr"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/events"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/podspec"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/podwriter"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	coreinformers "k8s.io/client-go/informers/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

// WithoutMesos tells every pod that would be ours, as it asks for one of the schedulers, why
// it will not run, and does nothing else, until ctx ends.
func WithoutMesos(ctx context.Context, client kubernetes.Interface, reason string, schedulers podspec.Schedulers, log logr.Logger) error {
	pods := coreinformers.NewFilteredPodInformer(client, metav1.NamespaceAll, 0, cache.Indexers{}, func(o *metav1.ListOptions) {
		o.FieldSelector = "spec.nodeName="
	})
	r := events.NewRecorder(client, podspec.SchedulerName)
	reasons := podwriter.NewReasons(client, pods.GetStore(), r, log)
	explain := func(o any) {
		if p := o.(*v1.Pod); schedulers.Ours(p) {
			reasons.Set(p, reason)
		}
	}
	if _, err := pods.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    explain,
		UpdateFunc: func(_, o any) { explain(o) },
		DeleteFunc: func(o any) {
			if p, ok := last[*v1.Pod](o); ok {
				reasons.Clear(string(p.UID))
			}
		},
	}); err != nil {
		return err
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	for _, part := range []func(context.Context){r.Run, reasons.Run, pods.RunWithContext} {
		wg.Go(func() { part(ctx) })
	}
	<-ctx.Done()
	return nil
}
