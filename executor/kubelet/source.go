package kubelet

import (
	"context"
	"sync"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
)

// source is the one watch of this node's pods. The kubelet and the executor get the
// same pods, all of them after each change. When drained, it stops listening to the
// API server and tells the kubelet that each pod is being deleted, so pods end in an
// orderly way even when no API server is left.
type source struct {
	agent   string
	latest  chan []*v1.Pod  // for the kubelet, which may be slow: only the latest matters
	observe func([]*v1.Pod) // to the executor; does not block

	mu      sync.Mutex
	relist  func(types.UID) // has the kubelet look at a pod's containers now; does not block
	pods    []*v1.Pod
	drained bool
}

func newSource(agent string, observe func([]*v1.Pod)) *source {
	return &source{agent: agent, latest: make(chan []*v1.Pod, 1), observe: observe, relist: func(types.UID) {}}
}

// feed gives the kubelet the latest pods until ctx ends. The kubelet takes none while
// its container runtime is away; nothing else waits for feed.
func (s *source) feed(ctx context.Context, set func([]*v1.Pod)) {
	for {
		select {
		case pods := <-s.latest:
			set(pods)
		case <-ctx.Done():
			return
		}
	}
}

// give replaces what the kubelet has not taken yet. The caller holds mu.
func (s *source) give(pods []*v1.Pod) {
	select {
	case <-s.latest:
	default:
	}
	s.latest <- pods
}

// watchBackoff is how long the watch pauses after it breaks: at most two seconds, not
// client-go's half minute, since another API server may have taken over at once and
// pods wait for their node to see them.
var watchBackoff = wait.Backoff{Duration: 100 * time.Millisecond, Factor: 2, Jitter: 0.5, Cap: 2 * time.Second, Steps: 30}

// run watches the pods of node until ctx ends.
func (s *source) run(ctx context.Context, client kubernetes.Interface, node string, relist func(types.UID)) {
	s.mu.Lock()
	s.relist = relist
	s.mu.Unlock()
	bound := fields.OneTermEqualSelector("spec.nodeName", node)
	lw := cache.NewListWatchFromClient(client.CoreV1().RESTClient(), "pods", metav1.NamespaceAll, bound)
	store := cache.NewUndeltaStore(s.push, cache.MetaNamespaceKeyFunc)
	cache.NewReflectorWithOptions(lw, &v1.Pod{}, store, cache.ReflectorOptions{Backoff: &watchBackoff}).RunWithContext(ctx)
}

// push receives the pods that the watch has now.
func (s *source) push(objs []any) {
	pods := make([]*v1.Pod, 0, len(objs))
	for _, o := range objs {
		if pod, ok := o.(*v1.Pod); ok && taskdata.MeantFor(pod.Annotations, s.agent) {
			pods = append(pods, pod)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.drained {
		return
	}
	steps := steps(s.pods, pods)
	s.pods = pods
	// The kubelet modifies the pods that it gets.
	s.give(copies(pods))
	for _, uid := range steps {
		s.relist(uid)
	}
	if s.observe != nil {
		s.observe(pods)
	}
}

// steps returns the pods that have got a step nearer to their end, which shows in the pod. The
// kubelet takes the next step when it has listed the pod's containers once more: by itself up
// to a second later.
func steps(before, now []*v1.Pod) []types.UID {
	versions := map[types.UID]string{}
	for _, pod := range before {
		versions[pod.UID] = pod.ResourceVersion
	}
	var uids []types.UID
	for _, pod := range now {
		ends := pod.DeletionTimestamp != nil || pod.Status.Phase == v1.PodSucceeded || pod.Status.Phase == v1.PodFailed
		if ends && versions[pod.UID] != pod.ResourceVersion {
			uids = append(uids, pod.UID)
		}
	}
	return uids
}

// drain makes the kubelet end every pod, each within its own grace period but no
// later than grace from now. It does not wait for the kubelet.
func (s *source) drain(now time.Time, grace time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drained = true
	if len(s.pods) == 0 {
		return
	}
	ending := copies(s.pods)
	for _, pod := range ending {
		markFailed(pod)
		markDeleted(pod, now, grace)
	}
	s.give(ending)
	for _, pod := range ending {
		s.relist(pod.UID)
	}
}

// markFailed makes the kubelet report a pod as failed if its end was not requested.
// By itself the kubelet goes by the exit codes, and containers that exit with 0 when
// stopped would make an interrupted job look finished.
func markFailed(pod *v1.Pod) {
	if pod.DeletionTimestamp != nil || pod.Status.Phase == v1.PodSucceeded || pod.Status.Phase == v1.PodFailed {
		return
	}
	pod.Status.Phase = v1.PodFailed
	pod.Status.Reason = "ExecutorShutdown"
	pod.Status.Message = "Mesos ended the executor of this node, and with it the pod's containers"
}

// markDeleted marks pod as being deleted, as the API server would, with a deadline no
// later than any that it already has.
func markDeleted(pod *v1.Pod, now time.Time, grace time.Duration) {
	seconds := max(int64(grace/time.Second), 1)
	if g := pod.Spec.TerminationGracePeriodSeconds; g != nil {
		seconds = min(seconds, max(*g, 1))
	}
	if g := pod.DeletionGracePeriodSeconds; g != nil {
		seconds = min(seconds, max(*g, 1))
	}
	end := metav1.NewTime(now.Add(time.Duration(seconds) * time.Second))
	pod.DeletionTimestamp = &end
	pod.DeletionGracePeriodSeconds = &seconds
}

func copies(pods []*v1.Pod) []*v1.Pod {
	c := make([]*v1.Pod, len(pods))
	for i, pod := range pods {
		c[i] = pod.DeepCopy()
	}
	return c
}
