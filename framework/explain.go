package framework

import (
	"context"
	"encoding/json"
	"regexp"
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
	// firstWord is how long a pod waits before the reason is written: most do not
	// wait that long.
	firstWord = time.Second

	// nextWord is how long a reason stands before another replaces it; twice
	// as long each time, up to lastWord for a reason of another kind, and up to
	// lastFigures for one with other figures only: what thousands of pods lack
	// changes with every pod that comes or goes.
	nextWord    = 10 * time.Second
	lastWord    = time.Minute
	lastFigures = 5 * time.Minute
)

// explainer writes why pods wait: into the PodScheduled condition and, when the
// reason is of another kind, as an event. Only the latest reason of a pod is
// kept, and written seldom, so thousands of waiting pods do not keep the API
// server from starting others.
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
	at      time.Time // when that was, or when the pod began to wait
	pause   time.Duration
}

// next returns when the API server may be told the message.
func (s *saying) next() time.Time {
	if sameKind(s.message, s.written) {
		return s.at.Add(s.pause)
	}
	return s.at.Add(min(s.pause, lastWord))
}

// amounts matches the figures in a message.
var amounts = regexp.MustCompile(`[0-9][0-9.]*( to [0-9.]+)?`)

// sameKind reports whether two messages differ in their figures only.
func sameKind(a, b string) bool {
	return amounts.ReplaceAllString(a, "") == amounts.ReplaceAllString(b, "")
}

func newExplainer(client kubernetes.Interface, pods cache.Store, recorder *recorder) *explainer {
	return &explainer{
		client: client, pods: pods, recorder: recorder, queue: newQueue(),
		limit: flowcontrol.NewTokenBucketRateLimiter(50, 100), said: map[string]*saying{},
	}
}

// say has the reason written soon.
func (x *explainer) say(p *v1.Pod, message string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	uid := string(p.UID)
	s := x.said[uid]
	if s == nil {
		s = &saying{at: time.Now(), pause: firstWord}
		x.said[uid] = s
	}
	s.pod, s.message = p, message
	if s.message != s.written {
		x.queue.AddAfter(uid, time.Until(s.next()))
	}
}

// drop forgets a pod that no longer waits.
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
	if early := time.Until(s.next()); early > 0 { // put in twice
		x.mu.Unlock()
		x.queue.AddAfter(uid, early)
		return nil
	}
	pod, message, news := s.pod, s.message, !sameKind(s.message, s.written)
	x.mu.Unlock()

	if err := x.limit.Wait(ctx); err != nil {
		return err
	}
	if err := x.patch(ctx, pod, message, news); err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	s.written, s.at, s.pause = message, time.Now(), max(nextWord, min(2*s.pause, lastFigures))
	if s.message != message {
		x.queue.AddAfter(uid, time.Until(s.next()))
	}
	return nil
}

// patch writes the condition, unless the pod is bound by now: because of the
// version in the patch, the API server refuses one that a binding has
// overtaken. News also gets an event.
func (x *explainer) patch(ctx context.Context, pod *v1.Pod, message string, news bool) error {
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
	if news {
		x.recorder.event(pod, v1.EventTypeWarning, "FailedScheduling", message)
	}
	return nil
}

// conditionPatch returns a patch that sets PodScheduled to False with a reason,
// or nil when the pod says so already.
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
