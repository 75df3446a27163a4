package node

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/reconcile"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/volumes"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
)

// volumesDir is where volumes are, if nothing else is configured: below the directory of
// all agents' root directories, but in none of these, which are removed with their agent.
const volumesDir = "volumes"

// keepVolumes keeps the volumes that the framework wants on this node until ctx ends. Where
// their directory cannot be used, it is tried again.
func (n *Node) keepVolumes(ctx context.Context, spec executor.Spec, ready <-chan struct{}, client func() kubernetes.Interface) {
	select {
	case <-ready:
	case <-ctx.Done():
		return
	}
	dir := n.cfg.VolumeDir
	if dir == "" {
		dir = filepath.Join(n.cfg.RootDir, volumesDir)
	}
	k := &volumeKeeper{node: spec.Name, workDir: workDir(n.cfg.Sandbox), client: client(), changed: reconcile.NewSignal()}
	owner := volumes.Owner{Cluster: clusterOf(spec.Cluster.CA), Node: spec.Name}
	log := n.cfg.Log.WithName("volumes")
	var follower sync.WaitGroup
	defer follower.Wait()
	reconcile.Loop{
		Every: reconcile.Every, Changed: k.changed,
		Do: func(ctx context.Context, _ bool) error {
			if k.store == nil {
				var err error
				if k.store, err = volumes.Open(dir, owner, k.changed.Set, log); err != nil {
					return err
				}
				follower.Go(func() { k.follow(ctx) })
			}
			return k.keep(ctx)
		},
		Report: func(err error) {
			if err != nil {
				log.Error(err, "volumes of this node are looked after again", "within", reconcile.Every)
			}
		},
	}.Run(ctx)
	if k.store != nil {
		_ = k.store.Close()
	}
}

// workDir returns the work directory of the agent in which an executor's directory is;
// empty: it is in none.
func workDir(sandbox string) string {
	i := strings.LastIndex(sandbox, "/slaves/") // the path above may have one, too
	if i < 0 || !filepath.IsAbs(sandbox) {
		return ""
	}
	return sandbox[:i]
}

// clusterOf tells clusters apart that have executors on this host.
func clusterOf(ca string) string {
	sum := sha256.Sum256([]byte(ca))
	return hex.EncodeToString(sum[:8])
}

// volumeKeeper follows what is wanted of a node, and says there what has become of it.
type volumeKeeper struct {
	node    string
	workDir string // of the agent; empty: unknown
	client  kubernetes.Interface
	store   *volumes.Store
	changed reconcile.Signal
	seen    atomic.Pointer[v1.Node]
}

// follow notes what the Node is until ctx ends.
func (k *volumeKeeper) follow(ctx context.Context) {
	see := func(o any) {
		if n, is := o.(*v1.Node); is {
			k.seen.Store(n)
			k.changed.Set()
		}
	}
	own := fields.OneTermEqualSelector(metav1.ObjectNameField, k.node)
	_, informer := cache.NewInformerWithOptions(cache.InformerOptions{
		ListerWatcher: cache.NewListWatchFromClient(k.client.CoreV1().RESTClient(), "nodes", metav1.NamespaceAll, own),
		ObjectType:    &v1.Node{},
		Handler: cache.ResourceEventHandlerFuncs{
			AddFunc: see,
			UpdateFunc: func(old, o any) {
				if !sameVolumes(old, o) { // most changes are a kubelet's heartbeats
					see(o)
				}
			},
		},
	})
	informer.RunWithContext(ctx)
}

func sameVolumes(a, b any) bool {
	old, isOld := a.(*v1.Node)
	now, isNow := b.(*v1.Node)
	if !isOld || !isNow {
		return false
	}
	for _, key := range []string{taskdata.VolumesWantedAnnotation, taskdata.VolumesAnnotation, taskdata.WorkDirAnnotation} {
		if old.Annotations[key] != now.Annotations[key] {
			return false
		}
	}
	return true
}

// keep does what the Node says, and says there what it did. A Node on which the framework
// has written nothing wants nothing done, nor does one whose list somebody has emptied.
func (k *volumeKeeper) keep(ctx context.Context) error {
	n := k.seen.Load()
	if n == nil {
		return nil
	}
	if k.workDir != "" && n.Annotations[taskdata.WorkDirAnnotation] != k.workDir {
		if err := k.say(ctx, taskdata.WorkDirAnnotation, k.workDir); err != nil {
			return err
		}
	}
	annotation := n.Annotations[taskdata.VolumesWantedAnnotation]
	if annotation == "" {
		return nil // the framework writes [] for none
	}
	wanted, err := taskdata.DecodeVolumes[taskdata.WantedVolume](annotation)
	if err != nil {
		return err
	}
	said, err := json.Marshal(k.store.Keep(ctx, wanted))
	if err != nil || n.Annotations[taskdata.VolumesAnnotation] == string(said) {
		return err
	}
	return k.say(ctx, taskdata.VolumesAnnotation, string(said))
}

// say sets an annotation of the Node.
func (k *volumeKeeper) say(ctx context.Context, annotation, text string) error {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"annotations": map[string]string{annotation: text}}})
	if err != nil {
		return err
	}
	bounded, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if _, err := k.client.CoreV1().Nodes().Patch(bounded, k.node, types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
		return fmt.Errorf("node %s: %w", k.node, err)
	}
	return nil
}
