package resourcemetrics

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apiserver/pkg/endpoints/request"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	metrics "k8s.io/metrics/pkg/apis/metrics/v1beta1"
)

// nodes is a cluster: each node has pods, whose containers use half a core and 1 MiB.
type nodes struct {
	pods    map[string][]string
	hanging string // the node whose kubelet does not answer
	began   time.Time
	calls   atomic.Int64
}

func (n *nodes) WithPods() ([]string, error) {
	var names []string
	for node, pods := range n.pods {
		if len(pods) > 0 {
			names = append(names, node)
		}
	}
	return names, nil
}

func (n *nodes) ResourceMetrics(ctx context.Context, node string) (io.ReadCloser, error) {
	n.calls.Add(1)
	if node == n.hanging {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return io.NopCloser(strings.NewReader(n.text(node))), nil
}

func (n *nodes) text(node string) string {
	now := time.Now()
	var b strings.Builder
	for _, family := range []struct {
		name, value string
	}{
		{"container_cpu_usage_seconds_total", fmt.Sprintf("%f %d", now.Sub(n.began).Seconds()/2, now.UnixMilli())},
		{"container_memory_working_set_bytes", fmt.Sprintf("1048576 %d", now.UnixMilli())},
		{"container_start_time_seconds", fmt.Sprint(n.began.Add(-time.Hour).Unix())},
	} {
		fmt.Fprintf(&b, "# TYPE %s gauge\n", family.name)
		for _, pod := range n.pods[node] {
			fmt.Fprintf(&b, "%s{container=\"c\",namespace=\"default\",pod=%q} %s\n", family.name, pod, family.value)
		}
	}
	return b.String()
}

// listers returns what the API server knows of the cluster. Pods are labelled with their names.
func (n *nodes) listers() (corelisters.PodLister, corelisters.NodeLister) {
	byNamespace := cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc}
	podStore, nodeStore := cache.NewIndexer(cache.MetaNamespaceKeyFunc, byNamespace), cache.NewIndexer(cache.MetaNamespaceKeyFunc, nil)
	for node, pods := range n.pods {
		nodeStore.Add(&v1.Node{ObjectMeta: metav1.ObjectMeta{Name: node}})
		for _, pod := range pods {
			podStore.Add(&v1.Pod{
				ObjectMeta: metav1.ObjectMeta{Name: pod, Namespace: "default", Labels: map[string]string{"app": pod}},
				Spec:       v1.PodSpec{NodeName: node},
			})
		}
	}
	return corelisters.NewPodLister(podStore), corelisters.NewNodeLister(nodeStore)
}

// get asks the handler as a client of the API server does.
func get(t *testing.T, h http.Handler, method, path string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
	resolver := &request.RequestInfoFactory{APIPrefixes: sets.NewString("apis"), GrouplessAPIPrefixes: sets.NewString()}
	info, err := resolver.NewRequestInfo(r)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r.WithContext(request.WithRequestInfo(r.Context(), info)))
	return w
}

func decode[T any](t *testing.T, w *httptest.ResponseRecorder) T {
	t.Helper()
	var o T
	if err := json.Unmarshal(w.Body.Bytes(), &o); err != nil || w.Code != http.StatusOK {
		t.Fatalf("answer %d %s: %v", w.Code, w.Body, err)
	}
	return o
}

// The first question has its answer after two rounds, whatever one kubelet does. When nobody
// asks, no kubelet is asked.
func TestQuestions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &nodes{pods: map[string][]string{"n1": {"a", "b"}, "n2": {"c"}, "empty": nil, "hung": {"d"}}, hanging: "hung", began: time.Now()}
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		c := NewCollector(n, logr.Discard())
		go c.Run(ctx)
		pods, all := n.listers()
		h := NewHandler(c, pods, all)
		time.Sleep(time.Hour)
		if n.calls.Load() != 0 {
			t.Errorf("nobody has asked, and kubelets were asked %d times", n.calls.Load())
		}

		began := time.Now()
		top := decode[metrics.NodeMetricsList](t, get(t, h, "GET", Path+"/nodes"))
		if took := time.Since(began); took > 15*time.Second {
			t.Errorf("the first answer took %v", took)
		}
		got := map[string]string{}
		for _, node := range top.Items {
			got[node.Name] = node.Usage.Cpu().String() + " " + node.Usage.Memory().String()
			if node.Window.Duration < firstPeriod || node.Timestamp.IsZero() {
				t.Errorf("%s: window %v, at %v", node.Name, node.Window, node.Timestamp)
			}
		}
		if want := "map[empty:0 0 n1:1 2Mi n2:500m 1Mi]"; fmt.Sprint(got) != want {
			t.Errorf("nodes use %v, want %s", got, want)
		}

		for path, want := range map[string]int{
			Path + "/pods": 3, Path + "/namespaces/default/pods": 3, Path + "/namespaces/other/pods": 0,
			Path + "/namespaces/default/pods?labelSelector=app+in+(a,c)":       2,
			Path + "/pods?fieldSelector=metadata.name%3Da":                     1,
			Path + "/pods?fieldSelector=metadata.namespace%3Dx&limit=500":      0,
			Path + "/pods?labelSelector=app%3Da&fieldSelector=metadata.name=b": 0,
		} {
			if list := decode[metrics.PodMetricsList](t, get(t, h, "GET", path)); len(list.Items) != want || list.Kind != "PodMetricsList" {
				t.Errorf("%s: %d items of %s, want %d", path, len(list.Items), list.Kind, want)
			}
		}
		pod := decode[metrics.PodMetrics](t, get(t, h, "GET", Path+"/namespaces/default/pods/a"))
		if pod.Name != "a" || len(pod.Containers) != 1 || pod.Containers[0].Usage.Cpu().String() != "500m" {
			t.Errorf("pod %+v", pod)
		}

		time.Sleep(interest + period)
		before := n.calls.Load()
		time.Sleep(time.Hour)
		if n.calls.Load() != before {
			t.Error("nobody asks any more, and kubelets are still asked")
		}
		decode[metrics.NodeMetricsList](t, get(t, h, "GET", Path+"/nodes"))
	})
}

func TestRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &nodes{pods: map[string][]string{"n1": {"a"}}, began: time.Now()}
		c := NewCollector(n, logr.Discard())
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go c.Run(ctx)
		pods, all := n.listers()
		h := NewHandler(c, pods, all)
		for _, row := range []struct {
			method, path string
			want         int
		}{
			{"GET", "/namespaces/default/pods/none", 404}, {"GET", "/nodes/none", 404}, {"GET", "/services", 404},
			{"GET", "/namespaces/default/pods/a/log", 404}, {"GET", "/pods?watch=1", 405}, {"DELETE", "/nodes/n1", 405}, {"POST", "/namespaces/default/pods", 405},
			{"GET", "/pods?labelSelector=%21%21", 400}, {"GET", "/pods?fieldSelector=spec.nodeName%3Dn1", 400},
			{"GET", "", 200}, {"GET", "/nodes/n1", 200},
		} {
			if w := get(t, h, row.method, Path+row.path); w.Code != row.want {
				t.Errorf("%s %s: %d %s, want %d", row.method, row.path, w.Code, w.Body, row.want)
			}
		}
		stop()
		_, err := NewCollector(n, logr.Discard()).figures(t.Context()) // nothing runs it
		if !errors.Is(err, errNotYet) {
			t.Errorf("without figures: %v", err)
		}
	})
}

// BenchmarkRound is one round over 100 kubelets of 50 pods each, over HTTP.
func BenchmarkRound(b *testing.B) {
	n := &nodes{pods: map[string][]string{}, began: time.Now()}
	for i := range 100 {
		name := fmt.Sprint("node", i)
		for p := range 50 {
			n.pods[name] = append(n.pods[name], fmt.Sprintf("pod-%d-%d", i, p))
		}
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, n.text(strings.TrimPrefix(r.URL.Path, "/")))
	}))
	defer server.Close()
	c := NewCollector(overHTTP{n, server.URL}, logr.Discard())
	last := c.round(b.Context(), &round{})
	b.ReportAllocs()
	for b.Loop() {
		last = c.round(b.Context(), last)
	}
	if len(last.samples) != 100 {
		b.Fatalf("%d nodes answered", len(last.samples))
	}
}

// overHTTP asks a server for the metrics.
type overHTTP struct {
	*nodes
	url string
}

func (o overHTTP) ResourceMetrics(ctx context.Context, node string) (io.ReadCloser, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, o.url+"/"+node, nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	return answer.Body, nil
}
