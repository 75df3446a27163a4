package framework

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/flowcontrol"
	"k8s.io/client-go/util/workqueue"
)

const (
	// firstWord is how long a pod waits before it is told why: most do not
	// wait that long.
	firstWord = time.Second

	// nextWord is how long a reason stands before another replaces it; twice
	// as long each time, up to lastWord.
	nextWord = 10 * time.Second
	lastWord = time.Minute
)

// explainer writes why pods wait: into the PodScheduled condition and as an
// event. Only the latest reason of a pod is kept, and written seldom, so that
// thousands of waiting pods do not keep the API server from starting others.
type explainer struct {
	client   kubernetes.Interface
	pods     cache.Store
	recorder *recorder
	queue    workqueue.TypedRateLimitingInterface[string]
	limit    flowcontrol.RateLimiter

	mu   sync.Mutex
	said map[string]*saying // by pod uid
}

type saying struct {
	pod     *v1.Pod
	message string
	written string    // what the API server has been told
	next    time.Time // when it may be told again
	pause   time.Duration
}

func newExplainer(client kubernetes.Interface, pods cache.Store, recorder *recorder) *explainer {
	return &explainer{
		client: client, pods: pods, recorder: recorder, queue: newQueue(),
		limit: flowcontrol.NewTokenBucketRateLimiter(50, 100), said: map[string]*saying{},
	}
}

// say has the reason written before long.
func (x *explainer) say(p *v1.Pod, message string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	uid := string(p.UID)
	s := x.said[uid]
	if s == nil {
		s = &saying{next: time.Now().Add(firstWord), pause: nextWord}
		x.said[uid] = s
	}
	s.pod, s.message = p, message
	if s.message != s.written {
		x.queue.AddAfter(uid, time.Until(s.next))
	}
}

// drop forgets a pod: it waits no longer.
func (x *explainer) drop(uid string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.said, uid)
}

func (x *explainer) run(ctx context.Context) { work(ctx, x.queue, 4, x.write) }

func (x *explainer) write(ctx context.Context, uid string) error {
	x.mu.Lock()
	s := x.said[uid]
	if s == nil || s.message == s.written {
		x.mu.Unlock()
		return nil
	}
	if early := time.Until(s.next); early > 0 { // put in twice
		x.mu.Unlock()
		x.queue.AddAfter(uid, early)
		return nil
	}
	pod, message := s.pod, s.message
	x.mu.Unlock()

	if err := x.limit.Wait(ctx); err != nil {
		return err
	}
	if err := x.patch(ctx, pod, message); err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	s.written, s.next = message, time.Now().Add(s.pause)
	if s.message != message {
		x.queue.AddAfter(uid, s.pause)
	}
	s.pause = min(2*s.pause, lastWord)
	return nil
}

// patch writes the condition, unless the pod is bound by now: the version that
// it names makes the API server refuse what a binding has overtaken.
func (x *explainer) patch(ctx context.Context, pod *v1.Pod, message string) error {
	if obj, ok, _ := x.pods.GetByKey(pod.Namespace + "/" + pod.Name); ok {
		pod = obj.(*v1.Pod)
	}
	if pod.Spec.NodeName != "" {
		return nil
	}
	patch := conditionPatch(pod, message, metav1.Now())
	if patch == nil {
		return nil
	}
	_, err := x.client.CoreV1().Pods(pod.Namespace).Patch(ctx, pod.Name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status")
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	x.recorder.event(pod, v1.EventTypeWarning, "FailedScheduling", message)
	return nil
}

// conditionPatch sets PodScheduled to False with a reason; nil when it says so
// already.
func conditionPatch(p *v1.Pod, message string, now metav1.Time) []byte {
	c := v1.PodCondition{
		Type: v1.PodScheduled, Status: v1.ConditionFalse, Reason: v1.PodReasonUnschedulable,
		Message: message, LastTransitionTime: now,
	}
	for _, old := range p.Status.Conditions {
		if old.Type != c.Type || old.Status != c.Status {
			continue
		}
		if old.Reason == c.Reason && old.Message == c.Message {
			return nil
		}
		c.LastTransitionTime = old.LastTransitionTime
	}
	b, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"uid": p.UID, "resourceVersion": p.ResourceVersion},
		"status":   map[string]any{"conditions": []v1.PodCondition{c}},
	})
	if err != nil {
		panic(err) // plain API types
	}
	return b
}
