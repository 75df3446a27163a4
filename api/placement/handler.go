package placement

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/backend"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
)

// QueuePath is where the whole queue is.
const QueuePath = "/placement/queue"

// patience is how long the source may take.
const patience = 5 * time.Second

// Source knows where pods stand. An error is told to the caller.
type Source interface {
	Placement(ctx context.Context, uid string) (scheduler.Placement, error)
	// Queue returns the pods that wait, in order. They are not changed.
	Queue(ctx context.Context) (scheduler.Queue, error)
}

type handler struct {
	api     http.Handler
	backend *backend.Client
	source  Source
}

// NewHandler returns a handler that answers questions about placement, and passes every
// other request to api. Its own requests to api carry no credentials, only their
// client's context and impersonation headers: api must authorize them by these.
func NewHandler(api http.Handler, source Source) http.Handler {
	return &handler{api, backend.New(api), source}
}

// ServeHTTP answers one request.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	namespace, name, one := podOf(r.URL.Path)
	if r.Method != http.MethodGet || !one && r.URL.Path != QueuePath {
		h.api.ServeHTTP(w, r)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	r = r.WithContext(ctx)
	var answer any
	var err error
	if one {
		answer, err = h.pod(r, namespace, name)
	} else {
		answer, err = h.queue(r)
	}
	if err != nil {
		s := status(err)
		write(w, int(s.Code), s)
		return
	}
	write(w, http.StatusOK, answer)
}

// podOf returns which pod's placement a path names.
func podOf(path string) (namespace, name string, is bool) {
	s := strings.Split(path, "/")
	if len(s) != 8 || strings.Join(s[:4], "/") != backend.Root+"/namespaces" || s[5] != "pods" || s[7] != "placement" {
		return "", "", false
	}
	return s[4], s[6], backend.IsSegment(s[4]) && backend.IsSegment(s[6])
}

// pod answers who may get the pod.
func (h *handler) pod(r *http.Request, namespace, name string) (any, error) {
	o, err := h.backend.Do(r, http.MethodGet, backend.Path(namespace, "pods", name), nil, nil)
	if err != nil {
		return nil, err
	}
	p := o.(*corev1.Pod)
	out := of(p)
	if p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed {
		out.State = "finished"
		return out, nil
	}
	now, err := h.source.Placement(r.Context(), string(p.UID))
	if err != nil {
		return nil, err
	}
	out.State, out.Message = now.State, cmp.Or(now.Message, unscheduled(p))
	out.Task, out.LastAttempt, out.NextAttempt = taskOf(now), lastAttempt(now), nextAttempt(now)
	if !now.Queued {
		return out, nil
	}
	out.Offers = offersOf(now.Survey)
	queue, err := h.source.Queue(r.Context())
	if err != nil {
		return nil, err
	}
	out.Queue = h.place(r, queue, string(p.UID))
	return out, nil
}

// place returns where in the queue a pod is. Pods ahead are named where the caller may
// list pods.
func (h *handler) place(r *http.Request, queue scheduler.Queue, uid string) *Place {
	at := Place{Length: len(queue), FirstAhead: []Name{}}
	for i, w := range queue {
		if w.UID == uid {
			at.Position, at.Ahead = i+1, i
			break
		}
	}
	if at.Position == 0 {
		return nil // it has come since the queue was read
	}
	may := map[string]bool{}
	for _, w := range queue[:min(at.Ahead, firstAhead)] {
		allowed, known := may[w.Namespace]
		if !known {
			allowed = h.mayList(r, w.Namespace) == nil
			may[w.Namespace] = allowed
		}
		if allowed {
			at.FirstAhead = append(at.FirstAhead, Name{w.Namespace, w.Name})
		}
	}
	return &at
}

// queue answers who may list all pods.
func (h *handler) queue(r *http.Request) (any, error) {
	if err := h.mayList(r, ""); err != nil {
		return nil, err
	}
	queue, err := h.source.Queue(r.Context())
	if err != nil {
		return nil, err
	}
	return queueOf(queue), nil
}

// mayList returns nil if the caller may list the pods of a namespace; "": of all.
func (h *handler) mayList(r *http.Request, namespace string) error {
	_, err := h.backend.Do(r, http.MethodGet, backend.Path(namespace, "pods"), map[string][]string{"limit": {"1"}}, nil)
	return err
}

// status returns an error as a Status of Kubernetes. One of the source's is that there is
// no answer now.
func status(err error) metav1.Status {
	var refused *backend.Error
	if errors.As(err, &refused) {
		s := refused.Status
		s.Kind, s.APIVersion = "Status", "v1"
		return s
	}
	return metav1.Status{
		TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: metav1.StatusFailure,
		Code: http.StatusServiceUnavailable, Reason: metav1.StatusReasonServiceUnavailable, Message: "where pods stand is not known: " + err.Error(),
	}
}

// unscheduled returns what the pod itself says about why it has no node.
func unscheduled(p *corev1.Pod) string {
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse {
			return c.Message
		}
	}
	return ""
}

func write(w http.ResponseWriter, code int, answer any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-cache, private")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(answer) // the caller is gone if it fails
}
