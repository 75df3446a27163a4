package schedulerplugins

import (
	"fmt"
	"slices"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/klog/v2"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

// snapshot is what the plugins see of the cluster: the Nodes, in the order in which
// they were met, and the pods on them. Unlike that of Kubernetes' scheduler it is
// kept up to date all the time.
type snapshot struct {
	byName map[string]*framework.NodeInfo // those without a Node object, too
	nodes  []fwk.NodeInfo                 // with one
	pods   map[types.UID]resident
	images images

	preferring int // pods that would like others near, or far
}

// resident is a pod on a node.
type resident struct {
	*framework.PodInfo
	node string
	on   *framework.NodeInfo
}

func newSnapshot() *snapshot {
	return &snapshot{byName: map[string]*framework.NodeInfo{}, pods: map[types.UID]resident{}}
}

func (s *snapshot) info(name string) *framework.NodeInfo {
	n := s.byName[name]
	if n == nil {
		n = framework.NewNodeInfo()
		s.byName[name] = n
	}
	return n
}

// setNode records what a Node is now; nil: it is gone.
func (s *snapshot) setNode(name string, object *v1.Node) {
	n := s.info(name)
	was := n.Node()
	had := was != nil
	switch {
	case object != nil:
		n.SetNode(object)
		if !had {
			s.nodes = append(s.nodes, n)
		}
	case had:
		n.RemoveNode()
		s.nodes = slices.DeleteFunc(s.nodes, func(other fwk.NodeInfo) bool { return other == fwk.NodeInfo(n) })
	}
	s.images.update(n, was)
	s.tidy(name)
}

// tidy lets go of a name that neither a Node nor a pod has.
func (s *snapshot) tidy(name string) {
	if n := s.byName[name]; n.Node() == nil && len(n.GetPods()) == 0 {
		delete(s.byName, name)
	}
}

// add records that a pod is on a node.
func (s *snapshot) add(node string, p *framework.PodInfo) resident {
	r := resident{p, node, s.info(node)}
	s.pods[p.Pod.UID] = r
	r.on.AddPodInfo(p)
	s.count(p, 1)
	return r
}

// remove records that a pod is on no node, and returns where it was.
func (s *snapshot) remove(uid types.UID) (resident, bool) {
	r, is := s.pods[uid]
	if !is {
		return r, false
	}
	delete(s.pods, uid)
	s.count(r.PodInfo, -1)
	is = r.on.RemovePod(klog.Background(), r.Pod) == nil
	s.tidy(r.node)
	return r, is
}

func (s *snapshot) count(p *framework.PodInfo, sign int) {
	if len(p.PreferredAffinityTerms)+len(p.PreferredAntiAffinityTerms) > 0 {
		s.preferring += sign
	}
}

// The views that plugins are given; their methods' contracts are those of package
// k8s.io/kube-scheduler/framework.

func (s *snapshot) NodeInfos() fwk.NodeInfoLister           { return s }
func (s *snapshot) StorageInfos() fwk.StorageInfoLister     { return s }
func (s *snapshot) PodGroupStates() fwk.PodGroupStateLister { return nil }

func (s *snapshot) List() ([]fwk.NodeInfo, error) { return s.nodes, nil }

func (s *snapshot) HavePodsWithAffinityList() ([]fwk.NodeInfo, error) {
	return s.having(func(n fwk.NodeInfo) bool { return len(n.GetPodsWithAffinity()) > 0 }), nil
}

func (s *snapshot) HavePodsWithRequiredAntiAffinityList() ([]fwk.NodeInfo, error) {
	return s.having(func(n fwk.NodeInfo) bool { return len(n.GetPodsWithRequiredAntiAffinity()) > 0 }), nil
}

func (s *snapshot) having(what func(fwk.NodeInfo) bool) (found []fwk.NodeInfo) {
	for _, n := range s.nodes {
		if what(n) {
			found = append(found, n)
		}
	}
	return found
}

func (s *snapshot) Get(name string) (fwk.NodeInfo, error) {
	if n := s.byName[name]; n != nil && n.Node() != nil {
		return n, nil
	}
	return nil, fmt.Errorf("node %s is not known", name)
}

func (s *snapshot) IsPVCUsedByPods(key string) bool {
	return slices.ContainsFunc(s.nodes, func(n fwk.NodeInfo) bool { return n.GetPVCRefCounts()[key] > 0 })
}
