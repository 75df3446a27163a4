package e2e

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// churn creates pods at a steady rate, and deletes each after it has run for a while.
type churn struct {
	*testing.T
	*cluster.Cluster
	pending   int       // pods that fit on no agent
	rss       []float64 // in MB, at each new pod
	anonymous []float64 // the part that is not file-backed

	mu       sync.Mutex
	pods     map[string]*churned // by name
	left     int                 // pods that still exist
	repeated int                 // requests
	all      sync.WaitGroup      // requests
}

// churned is a pod that comes and goes. A time is zero until the event occurs.
type churned struct {
	uid                          string
	created, ran, deleted, ended time.Time
}

// fill creates the pods that stay pending.
func (w *churn) fill() {
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for i := worker; i < w.pending; i += 8 {
				w.post(webPod(fmt.Sprintf("waits-%d", i), "1000"))
			}
		})
	}
	all.Wait()
}

// run creates churnRate pods a minute for d, and waits until all are gone.
func (w *churn) run(d time.Duration) {
	w.Helper()
	next := time.NewTicker(time.Minute / churnRate)
	defer next.Stop()
	for end := time.Now().Add(d); time.Now().Before(end); <-next.C {
		w.create()
		w.rss = append(w.rss, rss(w, w.Process().PID()))
		w.anonymous = append(w.anonymous, memoryOf(w, w.Process().PID(), "RssAnon"))
	}
	w.Process().Await(soon+churnLife, "the last pod to go", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.left == 0
	})
	w.all.Wait()
}

func (w *churn) create() {
	w.mu.Lock()
	name := fmt.Sprint("comes-", len(w.pods))
	w.pods[name] = &churned{created: time.Now()}
	w.left++
	w.mu.Unlock()
	w.all.Go(func() { w.post(webPod(name, "0.5")) })
}

func (w *churn) post(pod *v1.Pod) {
	w.insist(func() error {
		_, err := w.Client.CoreV1().Pods("default").Create(w.Context(), pod, metav1.CreateOptions{})
		if apierrors.IsAlreadyExists(err) {
			return nil // by a try that reported a failure
		}
		return err
	})
}

func (w *churn) remove(name string) {
	w.insist(func() error {
		err := w.Client.CoreV1().Pods("default").Delete(w.Context(), name, metav1.DeleteOptions{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return err
	})
}

// insist repeats a request while the disk under etcd stalls, as it does on a busy
// machine.
func (w *churn) insist(request func() error) {
	for try := 1; ; try++ {
		err := request()
		switch {
		case err == nil || w.Context().Err() != nil:
			return
		case try == 5 || !strings.Contains(err.Error(), "timed out") && !apierrors.IsTimeout(err) && !apierrors.IsServerTimeout(err):
			w.Error(err)
			return
		}
		w.mu.Lock()
		w.repeated++
		w.mu.Unlock()
	}
}

// changed handles each change of a pod.
func (w *churn) changed(p *v1.Pod, gone bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	pod := w.pods[p.Name]
	if pod == nil {
		return // one that waits
	}
	pod.uid = string(p.UID)
	switch {
	case gone:
		pod.ended = time.Now()
		w.left--
	case p.Status.Phase == v1.PodRunning && pod.ran.IsZero():
		pod.ran = time.Now()
		w.all.Add(1)
		time.AfterFunc(churnLife, func() {
			defer w.all.Done()
			w.mu.Lock()
			pod.deleted = time.Now()
			w.mu.Unlock()
			w.remove(p.Name)
		})
	}
}

// latencies returns how long the pods took, from the pod numbered first on.
func (w *churn) latencies(first int) (started, removed []time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := first; i < len(w.pods); i++ {
		pod := w.pods[fmt.Sprint("comes-", i)]
		started = append(started, pod.ran.Sub(pod.created))
		removed = append(removed, pod.ended.Sub(pod.deleted))
	}
	return started, removed
}

// check checks that every pod was started once and ended after its deletion, that
// pending pods are still pending, and that nothing else is left.
func (w *churn) check(m *hollowMesos) {
	w.Helper()
	for _, c := range m.complaints() {
		w.Error(c)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for name, pod := range w.pods {
		if n := m.started(pod.uid); n != 1 || pod.deleted.IsZero() || pod.ended.Before(pod.deleted) {
			w.Errorf("%s was started %d times: %+v", name, n, *pod)
		}
	}
	waiting := 0
	for _, p := range list(w.T, w.Cluster) {
		if strings.HasPrefix(p.Name, "waits-") && p.Spec.NodeName == "" && p.Status.Phase == v1.PodPending {
			waiting++
		} else {
			w.Errorf("%s is left: %s", p.Name, p.Status.Phase)
		}
	}
	if waiting != w.pending {
		w.Errorf("%d pods wait of %d", waiting, w.pending)
	}
	w.Process().Await(soon, "Mesos without a task", func() bool { return len(liveTasks(w.T, m.addr)) == 0 })
}
