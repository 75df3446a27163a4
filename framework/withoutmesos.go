package framework

import (
	"context"
	"sync"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	coreinformers "k8s.io/client-go/informers/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

// WithoutMesos tells every pod that would be ours why it will not run, and does
// nothing else, until ctx ends.
func WithoutMesos(ctx context.Context, client kubernetes.Interface, reason string) error {
	pods := coreinformers.NewFilteredPodInformer(client, metav1.NamespaceAll, 0, cache.Indexers{}, func(o *metav1.ListOptions) {
		o.FieldSelector = "spec.nodeName="
	})
	r := newRecorder(client)
	x := newExplainer(client, pods.GetStore(), r)
	explain := func(o any) {
		if p := o.(*v1.Pod); ours(p) {
			x.say(p, reason)
		}
	}
	if _, err := pods.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    explain,
		UpdateFunc: func(_, o any) { explain(o) },
		DeleteFunc: func(o any) {
			if p, ok := last[*v1.Pod](o); ok {
				x.drop(string(p.UID))
			}
		},
	}); err != nil {
		return err
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	for _, part := range []func(context.Context){r.run, x.run, pods.RunWithContext} {
		wg.Go(func() { part(ctx) })
	}
	<-ctx.Done()
	return nil
}
