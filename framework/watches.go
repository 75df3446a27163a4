package framework

import (
	"context"
	"sync"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/transform"
	certv1 "k8s.io/api/certificates/v1"
	v1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	certinformers "k8s.io/client-go/informers/certificates/v1"
	coreinformers "k8s.io/client-go/informers/core/v1"
	policyinformers "k8s.io/client-go/informers/policy/v1"
	storageinformers "k8s.io/client-go/informers/storage/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

// watches follows the API server: pods and Nodes go into the inbox, the names of
// certificate requests to their approver.
type watches struct {
	pods, nodes, csrs, budgets cache.SharedIndexInformer
	forRules                   []cache.SharedIndexInformer // what rules look at besides
	synced                     []cache.DoneChecker
}

// newWatches wires the watches. Finished pods are not watched: one that finishes is
// reported as gone.
func newWatches(client kubernetes.Interface, in inbox) *watches {
	w := &watches{
		pods: coreinformers.NewFilteredPodInformer(client, metav1.NamespaceAll, 0, cache.Indexers{}, func(o *metav1.ListOptions) {
			o.FieldSelector = "status.phase!=" + string(v1.PodSucceeded) + ",status.phase!=" + string(v1.PodFailed)
		}),
		nodes:   coreinformers.NewNodeInformer(client, 0, cache.Indexers{}),
		csrs:    certinformers.NewCertificateSigningRequestInformer(client, 0, cache.Indexers{}),
		budgets: policyinformers.NewPodDisruptionBudgetInformer(client, metav1.NamespaceAll, 0, cache.Indexers{}),
	}
	w.follow(w.pods, cache.ResourceEventHandlerFuncs{
		AddFunc: func(o any) { in.Put(podSeen{o.(*v1.Pod)}) },
		UpdateFunc: func(old, o any) {
			// A pod that was deleted and made again between two watches.
			if before := old.(*v1.Pod); before.UID != o.(*v1.Pod).UID {
				in.Put(podGone{before})
			}
			in.Put(podSeen{o.(*v1.Pod)})
		},
		DeleteFunc: func(o any) {
			if p, ok := last[*v1.Pod](o); ok {
				in.Put(podGone{p})
			}
		},
	})
	w.follow(w.nodes, cache.ResourceEventHandlerFuncs{
		AddFunc:    func(o any) { in.Put(nodeSeen{o.(*v1.Node)}) },
		UpdateFunc: func(_, o any) { in.Put(nodeSeen{o.(*v1.Node)}) },
		DeleteFunc: func(o any) {
			if n, ok := last[*v1.Node](o); ok {
				in.Put(nodeGone{n.Name})
			}
		},
	})
	w.follow(w.budgets, cache.ResourceEventHandlerFuncs{
		AddFunc:    func(o any) { in.Put(budgetSeen{budget: o.(*policyv1.PodDisruptionBudget)}) },
		UpdateFunc: func(_, o any) { in.Put(budgetSeen{budget: o.(*policyv1.PodDisruptionBudget)}) },
		DeleteFunc: func(o any) {
			if b, ok := last[*policyv1.PodDisruptionBudget](o); ok {
				in.Put(budgetSeen{b, true})
			}
		},
	})
	return w
}

// review has certificate requests reviewed that are new or have changed.
func (w *watches) review(review func(name string)) {
	w.follow(w.csrs, cache.ResourceEventHandlerFuncs{
		AddFunc:    func(o any) { review(o.(*certv1.CertificateSigningRequest).Name) },
		UpdateFunc: func(_, o any) { review(o.(*certv1.CertificateSigningRequest).Name) },
	})
}

// followForRules has the rules told of the objects that they look at besides pods and
// Nodes.
func (w *watches) followForRules(client kubernetes.Interface, in inbox) {
	w.forRules = []cache.SharedIndexInformer{
		coreinformers.NewNamespaceInformer(client, 0, cache.Indexers{}),
		coreinformers.NewPersistentVolumeInformer(client, 0, cache.Indexers{}),
		coreinformers.NewPersistentVolumeClaimInformer(client, metav1.NamespaceAll, 0, cache.Indexers{}),
		storageinformers.NewStorageClassInformer(client, 0, cache.Indexers{}),
		storageinformers.NewCSINodeInformer(client, 0, cache.Indexers{}),
		storageinformers.NewCSIDriverInformer(client, 0, cache.Indexers{}),
		storageinformers.NewVolumeAttachmentInformer(client, 0, cache.Indexers{}),
	}
	for _, informer := range w.forRules {
		w.follow(informer, cache.ResourceEventHandlerFuncs{
			AddFunc:    func(o any) { in.Put(ruleObject{object: o}) },
			UpdateFunc: func(_, o any) { in.Put(ruleObject{object: o}) },
			DeleteFunc: func(o any) {
				o, _ = last[any](o)
				in.Put(ruleObject{object: o, gone: true})
			},
		})
	}
}

func (w *watches) follow(informer cache.SharedIndexInformer, h cache.ResourceEventHandler) {
	if err := informer.SetTransform(transform.Unmanaged); err != nil {
		panic(err) // the informer has not been started
	}
	registration, err := informer.AddEventHandler(h)
	if err != nil {
		panic(err) // the informer has not been stopped
	}
	w.synced = append(w.synced, registration.HasSyncedChecker())
}

// last returns the last known state of a deleted object.
func last[T any](o any) (T, bool) {
	if unseen, ok := o.(cache.DeletedFinalStateUnknown); ok {
		o = unseen.Obj
	}
	t, ok := o.(T)
	return t, ok
}

func (w *watches) run(ctx context.Context) {
	var wg sync.WaitGroup
	for _, informer := range append([]cache.SharedIndexInformer{w.pods, w.nodes, w.csrs, w.budgets}, w.forRules...) {
		wg.Go(func() { informer.RunWithContext(ctx) })
	}
	wg.Wait()
}

// wait returns true once all existing objects have been reported, or false when
// ctx has ended before.
func (w *watches) wait(ctx context.Context) bool {
	return cache.WaitFor(ctx, "", w.synced...)
}
