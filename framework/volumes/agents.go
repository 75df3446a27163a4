package volumes

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/go-logr/logr"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/retryqueue"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/transform"
)

// Agents is the space on agents' disks: each volume is a directory that the executor there
// makes and removes. What a node is to have is written on its Node, as is what it has; so
// a node has no right to write volumes, and one without an executor does it later.
type Agents struct {
	client kubernetes.Interface
	nodes  cache.SharedIndexInformer
	queue  *retryqueue.Queue[string] // of nodes to write
	log    logr.Logger

	mu     sync.Mutex
	wanted map[string]taskdata.WantedVolume // by name
	on     map[string]string                // their nodes
}

// NewAgents returns the space of all agents.
func NewAgents(client kubernetes.Interface, log logr.Logger) *Agents {
	return &Agents{
		client: client, queue: retryqueue.New[string](log), log: log,
		nodes:  informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithTransform(transform.Unmanaged)).Core().V1().Nodes().Informer(),
		wanted: map[string]taskdata.WantedVolume{}, on: map[string]string{},
	}
}

// Run implements [Space].
func (a *Agents) Run(ctx context.Context, changed func(string)) error {
	registered, err := a.nodes.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(o any) { a.seen(o, changed) },
		UpdateFunc: func(old, o any) { a.updated(old.(*v1.Node), o.(*v1.Node), changed) },
		DeleteFunc: func(o any) { a.seen(last(o), changed) },
	})
	if err != nil {
		return err
	}
	var all sync.WaitGroup
	defer all.Wait()
	all.Go(func() { a.nodes.RunWithContext(ctx) })
	if !cache.WaitFor(ctx, "", registered.HasSyncedChecker()) {
		return nil
	}
	a.queue.Run(ctx, 4, a.write)
	return nil
}

// updated passes over what does not matter: most changes are kubelets' heartbeats.
func (a *Agents) updated(old, n *v1.Node, changed func(string)) {
	for _, key := range []string{taskdata.VolumesAnnotation, taskdata.VolumesWantedAnnotation} {
		if old.Annotations[key] != n.Annotations[key] {
			a.seen(n, changed)
			return
		}
	}
	if lost(old) != lost(n) {
		a.seen(n, changed)
	}
}

// seen has the volumes of a node looked at, and what it is to have written.
func (a *Agents) seen(o any, changed func(string)) {
	node := o.(*v1.Node).Name
	a.mu.Lock()
	var names []string
	for name, on := range a.on {
		if on == node {
			names = append(names, name)
		}
	}
	a.mu.Unlock()
	a.queue.Add(node)
	for _, name := range names {
		changed(name)
	}
}

// lost reports whether Mesos has lost a node's agent.
func lost(n *v1.Node) bool {
	return slices.ContainsFunc(n.Status.Conditions, func(c v1.NodeCondition) bool {
		return c.Type == v1.NodeReady && c.Status == v1.ConditionUnknown
	})
}

func (a *Agents) node(name string) *v1.Node {
	if o, is, err := a.nodes.GetStore().GetByKey(name); is && err == nil {
		return o.(*v1.Node)
	}
	return nil
}

// Have implements [Space].
func (a *Agents) Have(v Volume) (s State, err error) {
	n := a.node(v.Node)
	switch {
	case v.Made:
	case n == nil && a.nodes.HasSynced():
		return s, fmt.Errorf("node %s does not exist", v.Node)
	case n != nil && lost(n):
		return s, fmt.Errorf("the agent of node %s is lost", v.Node)
	}
	if err := a.want(v.Node, taskdata.WantedVolume{Name: v.Name, Bytes: v.Bytes, From: v.From, Made: v.Made}, n); err != nil {
		return s, err
	}
	is := reported(n, v.Name)
	switch {
	case is.Error != "" && (is.Path == "" || is.Bytes < v.Bytes):
		return s, fmt.Errorf("node %s: %s", v.Node, is.Error)
	case is.Path != "" && is.Bytes >= v.Bytes:
		s = State{Ready: true, Bytes: is.Bytes, Unlimited: is.Unlimited}
		s.Source.Local = &v1.LocalVolumeSource{Path: is.Path}
	}
	s.Begun = is.Name != ""
	return s, nil
}

// Remove implements [Space].
func (a *Agents) Remove(v Volume) (removed bool, err error) {
	n := a.node(v.Node)
	if err := a.want(v.Node, taskdata.WantedVolume{Name: v.Name, Bytes: v.Bytes, Remove: true}, n); err != nil {
		return false, err
	}
	is := reported(n, v.Name)
	if is.Error != "" {
		err = fmt.Errorf("node %s: %s", v.Node, is.Error)
	}
	return is.Removed, err
}

// Forget implements [Space].
func (a *Agents) Forget(volume string) {
	a.mu.Lock()
	node, is := a.on[volume]
	delete(a.on, volume)
	delete(a.wanted, volume)
	a.mu.Unlock()
	if is {
		a.queue.Add(node)
	}
}

// want notes what a node is to have. It refuses what the node has no room for; a volume that
// there is keeps its size then.
func (a *Agents) want(node string, w taskdata.WantedVolume, n *v1.Node) (refused error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	old, known := a.wanted[w.Name]
	w.Made = w.Made || old.Made && !w.Remove
	if n != nil && w.Bytes > old.Bytes && !w.Remove && (known || !w.Made) {
		refused = a.hasRoom(w, n)
	}
	if refused != nil {
		if !known {
			return refused
		}
		w.Bytes = old.Bytes
	}
	a.wanted[w.Name], a.on[w.Name] = w, node
	if old != w {
		a.queue.Add(node)
	}
	return refused
}

// mostVolumes is how many volumes a node may have: an object's annotations hold 256 KiB,
// and a volume takes less than half a KiB of them.
const mostVolumes = 400

// hasRoom returns an error if a node has no room for a volume beside the others. a.mu is held.
func (a *Agents) hasRoom(w taskdata.WantedVolume, n *v1.Node) error {
	sum, others := w.Bytes, 0
	for name, other := range a.wanted {
		if a.on[name] == n.Name && name != w.Name {
			sum += other.Bytes
			others++
		}
	}
	if _, known := a.wanted[w.Name]; !known && others >= mostVolumes {
		return fmt.Errorf("node %s has %d volumes, which is the most that a node may have", n.Name, others)
	}
	if has := n.Status.Allocatable.StorageEphemeral().Value(); sum > has {
		return fmt.Errorf("node %s has %d MiB of disk, and its volumes would need %d", n.Name, has>>20, sum>>20)
	}
	return nil
}

// reported returns what a node says of a volume; nothing if it says nothing.
func reported(n *v1.Node, volume string) (is taskdata.Volume) {
	if n == nil {
		return is
	}
	all, _ := taskdata.DecodeVolumes[taskdata.Volume](n.Annotations[taskdata.VolumesAnnotation])
	if i := slices.IndexFunc(all, func(v taskdata.Volume) bool { return v.Name == volume }); i >= 0 {
		return all[i]
	}
	return is
}

// write writes on a Node what it is to have.
func (a *Agents) write(ctx context.Context, node string) error {
	n := a.node(node)
	if n == nil {
		return nil // until it is made again
	}
	a.mu.Lock()
	all := []taskdata.WantedVolume{}
	for _, name := range slices.Sorted(maps.Keys(a.wanted)) {
		if a.on[name] == node {
			all = append(all, a.wanted[name])
		}
	}
	a.mu.Unlock()
	is, written := n.Annotations[taskdata.VolumesWantedAnnotation]
	said, err := json.Marshal(all)
	if err != nil || is == string(said) || !written && len(all) == 0 {
		return err
	}
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"uid": n.UID, "annotations": map[string]string{taskdata.VolumesWantedAnnotation: string(said)},
	}})
	if err != nil {
		return err
	}
	_, err = a.client.CoreV1().Nodes().Patch(ctx, node, types.MergePatchType, patch, metav1.PatchOptions{})
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
		return fmt.Errorf("volumes of node %s: %w", node, err)
	}
	return nil
}
