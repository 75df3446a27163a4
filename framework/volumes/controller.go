package volumes

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/go-logr/logr"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	storagelisters "k8s.io/client-go/listers/storage/v1"
	"k8s.io/client-go/tools/cache"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/claims"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/retryqueue"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/transform"
)

// Config configures a Controller. All but Classes and RemovedWhen is required.
type Config struct {
	Client      kubernetes.Interface
	Provisioner string
	// Classes are made where they are missing.
	Classes []Class
	Space   Space
	// RemovedWhen is what has to happen on a volume's node before its data can be removed,
	// for people. Default: "an executor runs".
	RemovedWhen string
	Events      Recorder
	Log         logr.Logger
}

// Recorder records events. It does not block.
type Recorder interface {
	Event(about runtime.Object, eventType, reason, message string)
}

// Controller makes, grows and removes the volumes of a provisioner.
type Controller struct {
	cfg     Config
	factory informers.SharedInformerFactory
	claims  corelisters.PersistentVolumeClaimLister
	volumes corelisters.PersistentVolumeLister
	classes storagelisters.StorageClassLister
	byUID   cache.Indexer // of claims
	queue   *retryqueue.Queue[key]
	told    map[types.UID]string // what an object's last event said
	asked   map[string]bool      // volumes that the Space was asked for, for claims without one
	since   map[string]time.Time // volumes that nobody has begun to make, since when
}

// key is something to look at: a claim by namespace and name, a volume by its name, or the
// name of a volume that is not wanted any more.
type key struct{ kind, name string }

const (
	aClaim  = "claim"
	aVolume = "volume"
	nothing = "nothing"
)

// New wires a controller. Exactly one may run in a cluster for each provisioner.
func New(cfg Config) *Controller {
	factory := informers.NewSharedInformerFactoryWithOptions(cfg.Client, 0, informers.WithTransform(transform.Unmanaged))
	core := factory.Core().V1()
	c := &Controller{
		cfg: cfg, factory: factory, queue: retryqueue.New[key](cfg.Log), told: map[types.UID]string{}, asked: map[string]bool{}, since: map[string]time.Time{},
		claims: core.PersistentVolumeClaims().Lister(), volumes: core.PersistentVolumes().Lister(),
		classes: factory.Storage().V1().StorageClasses().Lister(), byUID: core.PersistentVolumeClaims().Informer().GetIndexer(),
	}
	if err := c.byUID.AddIndexers(cache.Indexers{byUID: func(o any) ([]string, error) {
		return []string{claims.VolumeName(o.(*v1.PersistentVolumeClaim))}, nil
	}}); err != nil {
		panic(err) // the informer is new
	}
	return c
}

// byUID is the index of claims by the name of the volume that is made for them.
const byUID = "volume"

// Run works until ctx ends, which is no error.
func (c *Controller) Run(ctx context.Context) error {
	if err := c.makeClasses(ctx); err != nil {
		return err
	}
	c.follow(c.factory.Core().V1().PersistentVolumeClaims().Informer(), c.claimSeen, func(o any) {
		c.queue.Add(key{nothing, claims.VolumeName(o.(*v1.PersistentVolumeClaim))})
	})
	c.follow(c.factory.Core().V1().PersistentVolumes().Informer(), func(o any) {
		c.queue.Add(key{aVolume, o.(*v1.PersistentVolume).Name})
	}, func(o any) { c.queue.Add(key{nothing, o.(*v1.PersistentVolume).Name}) })
	c.follow(c.factory.Storage().V1().StorageClasses().Informer(), func(any) { c.lookAtAll() }, func(any) {})
	defer c.factory.Shutdown()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c.factory.StartWithContext(ctx)
	c.factory.WaitForCacheSyncWithContext(ctx)
	if ctx.Err() != nil {
		return nil
	}
	c.remember()
	var all sync.WaitGroup
	defer all.Wait()
	var failed error
	all.Go(func() {
		defer cancel()
		failed = c.cfg.Space.Run(ctx, c.changed)
	})
	c.queue.Run(ctx, 1, c.look) // one owns what was told
	all.Wait()
	return failed
}

func (c *Controller) follow(informer cache.SharedIndexInformer, seen, gone func(any)) {
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: seen, UpdateFunc: func(_, o any) { seen(o) },
		DeleteFunc: func(o any) { gone(last(o)) },
	})
	if err != nil {
		panic(err) // the informer has not been stopped
	}
}

// last returns the last known state of a deleted object.
func last(o any) any {
	if unseen, is := o.(cache.DeletedFinalStateUnknown); is {
		return unseen.Obj
	}
	return o
}

func (c *Controller) claimSeen(o any) {
	claim := o.(*v1.PersistentVolumeClaim)
	if claim.Spec.VolumeName != "" {
		c.queue.Add(key{aVolume, claim.Spec.VolumeName}) // it may have to grow
		return
	}
	c.queue.Add(key{aClaim, claim.Namespace + "/" + claim.Name})
}

// lookAtAll looks at all claims again: a class is another.
func (c *Controller) lookAtAll() {
	all, _ := c.claims.List(labels.Everything()) // of a cache
	for _, claim := range all {
		c.claimSeen(claim)
	}
}

// changed has a volume looked at, and the claim that it is for.
func (c *Controller) changed(name string) {
	c.queue.Add(key{aVolume, name})
	if claim := c.claimOf(name); claim != nil {
		c.claimSeen(claim)
	}
}

// claimOf returns the claim that a volume was made for; nil if there is none any more.
func (c *Controller) claimOf(volume string) *v1.PersistentVolumeClaim {
	if all, err := c.byUID.ByIndex(byUID, volume); err == nil && len(all) > 0 {
		return all[0].(*v1.PersistentVolumeClaim)
	}
	return nil
}

// remember tells the Space of all volumes before it does anything: what it is not told
// of, it takes to be nobody's.
func (c *Controller) remember() {
	all, _ := c.volumes.List(labels.Everything()) // of a cache
	for _, v := range all {
		if claims.MadeBy(v, c.cfg.Provisioner) {
			_, _ = c.cfg.Space.Have(existing(v)) // looked at again by the queue
		}
	}
	waiting, _ := c.claims.List(labels.Everything())
	for _, claim := range waiting {
		if order, _ := c.order(claim); order != nil {
			c.asked[order.Name] = true
			_, _ = c.cfg.Space.Have(order.Volume)
		}
	}
}

// look looks at one thing. An error means that it is to be looked at again.
func (c *Controller) look(ctx context.Context, k key) error {
	switch k.kind {
	case aClaim:
		namespace, name, _ := strings.Cut(k.name, "/")
		if claim, err := c.claims.PersistentVolumeClaims(namespace).Get(name); err == nil {
			return c.claim(ctx, claim)
		}
	case aVolume:
		if v, err := c.volumes.Get(k.name); err == nil && claims.MadeBy(v, c.cfg.Provisioner) {
			return c.volume(ctx, v)
		}
	case nothing:
		if c.claimOf(k.name) == nil {
			uid := claims.ClaimUID(k.name)
			delete(c.told, uid)
			delete(c.told, grown+uid)
		}
		return c.forget(ctx, k.name)
	}
	return nil
}

// tell records an event about an object, unless the last one said the same.
func (c *Controller) tell(about runtime.Object, uid types.UID, eventType, reason, message string) {
	if c.told[uid] != message {
		c.told[uid] = message
		c.cfg.Events.Event(about, eventType, reason, message)
	}
}
