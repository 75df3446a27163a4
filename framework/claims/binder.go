package claims

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-logr/logr"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/component-helpers/storage/volume"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/retryqueue"
)

const (
	workers = 8
	// patience is how long a pod's task waits for claims. It cannot tell whether whoever
	// makes the volume still lives; another attempt finds out.
	patience = 2 * time.Minute
	callTime = 30 * time.Second
)

// DeniedError says that a pod's claims are not bound on the node that was chosen, and that
// another attempt may have it otherwise.
type DeniedError struct{ reason string }

func (e *DeniedError) Error() string { return e.reason }

func denied(format string, args ...any) error { return &DeniedError{fmt.Sprintf(format, args...)} }

// Denied reports whether err is a *DeniedError.
func Denied(err error) bool { return errors.As(err, new(*DeniedError)) }

// Binder has claims bound, and says when they are.
type Binder struct {
	client kubernetes.Interface
	queue  *retryqueue.Queue[*waiting]
	log    logr.Logger

	mu      sync.Mutex
	waiting map[*waiting]bool
}

// waiting is a pod whose claims are not bound yet.
type waiting struct {
	pod   *v1.Pod
	node  string
	plan  Plan
	until time.Time
	asked map[string]bool // claims, by name, for which what the plan says is written
	done  func(error)
}

// NewBinder returns a binder that works while Run does.
func NewBinder(client kubernetes.Interface, log logr.Logger) *Binder {
	return &Binder{client: client, queue: retryqueue.New[*waiting](logr.Discard()), log: log, waiting: map[*waiting]bool{}}
}

// Bind has the claims of a pod bound as planned. done is told nil when all are, or a
// *[DeniedError]; nothing if the Binder ends before.
func (b *Binder) Bind(p *v1.Pod, node string, plan Plan, done func(error)) {
	w := &waiting{pod: p, node: node, plan: plan, until: time.Now().Add(patience), asked: map[string]bool{}, done: done}
	b.mu.Lock()
	b.waiting[w] = true
	b.mu.Unlock()
	b.queue.Add(w)
	b.queue.AddAfter(w, patience)
}

// Changed has those looked at that wait for a claim.
func (b *Binder) Changed(c *v1.PersistentVolumeClaim) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for w := range b.waiting {
		if w.pod.Namespace == c.Namespace && w.needs(c.Name) {
			b.queue.Add(w)
		}
	}
}

func (w *waiting) needs(claim string) bool {
	for _, c := range w.plan.Claims {
		if c.Name == claim {
			return true
		}
	}
	return false
}

// Run works until ctx ends.
func (b *Binder) Run(ctx context.Context) { b.queue.Run(ctx, workers, b.look) }

// look finds out how far a pod's claims are, and goes on. An error means that it is to be
// tried again.
func (b *Binder) look(ctx context.Context, w *waiting) error {
	b.mu.Lock()
	waits := b.waiting[w]
	b.mu.Unlock()
	if !waits {
		return nil
	}
	bounded, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	bound, err := b.advance(bounded, w)
	switch {
	case ctx.Err() != nil:
		return nil
	case err == nil && !bound && time.Now().Before(w.until):
		return nil // a change of a claim, or the end of patience, is next
	case err == nil && !bound:
		err = denied("its claims are not bound after %v on node %s", patience, w.node)
	case err != nil && !Denied(err) && time.Now().Before(w.until):
		b.log.Info("binding claims of a pod failed and will be repeated", "pod", w.pod.Namespace+"/"+w.pod.Name, "reason", err)
		return err
	case err != nil && !Denied(err):
		err = denied("its claims are not bound on node %s: %v", w.node, err)
	}
	b.mu.Lock()
	delete(b.waiting, w)
	b.mu.Unlock()
	w.done(err)
	return nil
}

// advance writes what the plan says, as far as it is not so yet, and reports whether all
// claims are bound.
func (b *Binder) advance(ctx context.Context, w *waiting) (bound bool, err error) {
	bound = true
	for _, c := range w.plan.Claims {
		now, err := b.client.CoreV1().PersistentVolumeClaims(w.pod.Namespace).Get(ctx, c.Name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return false, denied("claim %s is gone", c.Name)
		}
		if err != nil {
			return false, fmt.Errorf("claim %s: %w", c.Name, err)
		}
		is := now.Spec.VolumeName != "" && metav1.HasAnnotation(now.ObjectMeta, volume.AnnBindCompleted)
		switch {
		case is:
			err = b.suits(ctx, now, w)
		case now.Spec.VolumeName != "":
		case c.Volume != nil:
			err = b.prebind(ctx, c, w)
		default:
			err = b.selectNode(ctx, now, w)
		}
		if err != nil {
			return false, err
		}
		bound = bound && is
	}
	return bound, nil
}

// suits returns an error if a claim has got a volume that the node cannot use.
func (b *Binder) suits(ctx context.Context, c *v1.PersistentVolumeClaim, w *waiting) error {
	v, err := b.client.CoreV1().PersistentVolumes().Get(ctx, c.Spec.VolumeName, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("volume %s of claim %s: %w", c.Spec.VolumeName, c.Name, err)
	}
	if err := volume.CheckNodeAffinity(v, w.plan.Labels); err != nil {
		return denied("claim %s is bound to volume %s now, which node %s does not have", c.Name, v.Name, w.node)
	}
	return nil
}

// prebind gives a claim to its volume; the controller of volumes does the rest.
func (b *Binder) prebind(ctx context.Context, c Claim, w *waiting) error {
	if w.asked[c.Name] {
		return nil
	}
	if _, err := b.client.CoreV1().PersistentVolumes().Update(ctx, c.Volume, metav1.UpdateOptions{}); err != nil {
		return denied("volume %s cannot be bound to claim %s: %v", c.Volume.Name, c.Name, err)
	}
	w.asked[c.Name] = true
	return nil
}

// selectNode names the node on a claim, by which its provisioner makes a volume there.
func (b *Binder) selectNode(ctx context.Context, c *v1.PersistentVolumeClaim, w *waiting) error {
	on := c.Annotations[volume.AnnSelectedNode]
	switch {
	case on == w.node:
		w.asked[c.Name] = true
		return nil
	case on != "":
		return denied("a volume for claim %s is being made on node %s", c.Name, on)
	case w.asked[c.Name]:
		return denied("no volume for claim %s could be made on node %s, as the claim's events tell", c.Name, w.node)
	}
	c = c.DeepCopy()
	metav1.SetMetaDataAnnotation(&c.ObjectMeta, volume.AnnSelectedNode, w.node)
	if _, err := b.client.CoreV1().PersistentVolumeClaims(c.Namespace).Update(ctx, c, metav1.UpdateOptions{}); err != nil {
		return fmt.Errorf("claim %s: %w", c.Name, err)
	}
	w.asked[c.Name] = true
	return nil
}
