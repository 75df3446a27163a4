package resourcemetrics

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/apiserver/pkg/endpoints/discovery"
	"k8s.io/apiserver/pkg/endpoints/handlers/negotiation"
	"k8s.io/apiserver/pkg/endpoints/handlers/responsewriters"
	"k8s.io/apiserver/pkg/endpoints/request"
	corelisters "k8s.io/client-go/listers/core/v1"
	metrics "k8s.io/metrics/pkg/apis/metrics/v1beta1"
)

// Path is where the group version is served.
const Path = "/apis/metrics.k8s.io/v1beta1"

// Resources returns what the group version has.
func Resources() []metav1.APIResource {
	read := metav1.Verbs{"get", "list"}
	return []metav1.APIResource{
		{Name: "nodes", SingularName: "node", Kind: "NodeMetrics", Verbs: read},
		{Name: "pods", SingularName: "pod", Namespaced: true, Kind: "PodMetrics", Verbs: read},
	}
}

var codecs = serializer.NewCodecFactory(scheme())

func scheme() *runtime.Scheme {
	s := runtime.NewScheme()
	utilruntime.Must(metrics.AddToScheme(s))
	unversioned := schema.GroupVersion{Version: "v1"}
	metav1.AddToGroupVersion(s, unversioned)
	s.AddUnversionedTypes(unversioned, &metav1.Status{}, &metav1.APIResourceList{})
	return s
}

// Handler answers requests at and below Path that are authorized and carry a RequestInfo.
type Handler struct {
	collector *Collector
	pods      corelisters.PodLister
	nodes     corelisters.NodeLister
}

// NewHandler returns a Handler. Objects that the listers do not have are not shown.
func NewHandler(c *Collector, pods corelisters.PodLister, nodes corelisters.NodeLister) *Handler {
	return &Handler{c, pods, nodes}
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == Path || r.URL.Path == Path+"/" {
		discovery.NewAPIVersionHandler(codecs, metrics.SchemeGroupVersion, discovery.APIResourceListerFunc(Resources)).ServeHTTP(w, r)
		return
	}
	answer, err := h.answer(r)
	if err != nil {
		responsewriters.ErrorNegotiated(err, codecs, metrics.SchemeGroupVersion, w, r)
		return
	}
	responsewriters.WriteObjectNegotiated(codecs, negotiation.DefaultEndpointRestrictions, metrics.SchemeGroupVersion, w, r, http.StatusOK, answer, false)
}

// answer returns the object or the list that is asked for.
func (h *Handler) answer(r *http.Request) (runtime.Object, error) {
	info, ok := request.RequestInfoFrom(r.Context())
	resource := schema.GroupResource{Group: metrics.GroupName}
	if ok {
		resource.Resource = info.Resource
	}
	switch {
	case !ok || info.Subresource != "" || info.Resource != "pods" && info.Resource != "nodes",
		info.Verb == "get" && info.Resource == "pods" && info.Namespace == "",
		info.Resource == "nodes" && info.Namespace != "":
		return nil, apierrors.NewGenericServerResponse(http.StatusNotFound, r.Method, resource, "", "it is not a resource of "+metrics.GroupName, 0, true)
	case info.Verb != "get" && info.Verb != "list":
		return nil, apierrors.NewMethodNotSupported(resource, info.Verb)
	}
	chosen, err := selection(r, info)
	if err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	latest, err := h.collector.figures(r.Context())
	if err != nil {
		return nil, apierrors.NewServiceUnavailable(err.Error())
	}
	if info.Resource == "nodes" {
		list, err := h.nodeList(latest, chosen)
		return one(list, list.Items, info, resource, err)
	}
	list, err := h.podList(latest, chosen, info.Namespace)
	return one(list, list.Items, info, resource, err)
}

// one returns the only item if a single object is asked for, and otherwise the list.
func one[T any, O interface {
	*T
	runtime.Object
}](list runtime.Object, items []T, info *request.RequestInfo, resource schema.GroupResource, err error) (runtime.Object, error) {
	switch {
	case err != nil:
		return nil, err
	case info.Verb == "list":
		return list, nil
	case len(items) == 0:
		return nil, apierrors.NewNotFound(resource, info.Name)
	}
	return O(&items[0]), nil
}

// choice is which objects are asked for.
type choice struct {
	labels labels.Selector
	fields fields.Selector
}

func selection(r *http.Request, info *request.RequestInfo) (choice, error) {
	if info.Verb == "get" {
		return choice{labels.Everything(), fields.OneTermEqualSelector("metadata.name", info.Name)}, nil
	}
	query := r.URL.Query()
	l, err := labels.Parse(query.Get("labelSelector"))
	if err != nil {
		return choice{}, err
	}
	f, err := fields.ParseSelector(query.Get("fieldSelector"))
	if err != nil {
		return choice{}, err
	}
	for _, q := range f.Requirements() {
		if q.Field != "metadata.name" && q.Field != "metadata.namespace" {
			return choice{}, fmt.Errorf("fieldSelector: %s is unknown: metadata.name and metadata.namespace are known", q.Field)
		}
	}
	return choice{l, f}, nil
}

func (c choice) has(o metav1.Object) bool {
	return c.fields.Matches(fields.Set{"metadata.name": o.GetName(), "metadata.namespace": o.GetNamespace()})
}

func (h *Handler) podList(latest *round, chosen choice, namespace string) (*metrics.PodMetricsList, error) {
	list := &metrics.PodMetricsList{Items: []metrics.PodMetrics{}}
	all, err := h.pods.Pods(namespace).List(chosen.labels)
	for _, pod := range all {
		used := latest.pods[pod.Spec.NodeName][podKey{pod.Namespace, pod.Name}]
		if len(used) > 0 && chosen.has(pod) {
			list.Items = append(list.Items, podMetrics(pod, used))
		}
	}
	slices.SortFunc(list.Items, func(a, b metrics.PodMetrics) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	return list, err
}

// podMetrics has the timestamp and window of the oldest figure.
func podMetrics(pod *v1.Pod, used podUsage) metrics.PodMetrics {
	m := metrics.PodMetrics{ObjectMeta: metav1.ObjectMeta{
		Name: pod.Name, Namespace: pod.Namespace, Labels: pod.Labels, CreationTimestamp: metav1.Now(),
	}}
	for name, u := range used {
		m.Containers = append(m.Containers, metrics.ContainerMetrics{Name: name, Usage: u.list()})
		if m.Timestamp.IsZero() || u.at.Before(m.Timestamp.Time) {
			m.Timestamp, m.Window = metav1.NewTime(u.at), metav1.Duration{Duration: u.window}
		}
	}
	slices.SortFunc(m.Containers, func(a, b metrics.ContainerMetrics) int { return cmp.Compare(a.Name, b.Name) })
	return m
}

func (h *Handler) nodeList(latest *round, chosen choice) (*metrics.NodeMetricsList, error) {
	list := &metrics.NodeMetricsList{Items: []metrics.NodeMetrics{}}
	all, err := h.nodes.List(chosen.labels)
	for _, node := range all {
		u, ok := latest.nodeUsage(node.Name)
		if ok && chosen.has(node) {
			list.Items = append(list.Items, metrics.NodeMetrics{
				ObjectMeta: metav1.ObjectMeta{Name: node.Name, Labels: node.Labels, CreationTimestamp: metav1.Now()},
				Timestamp:  metav1.NewTime(u.at), Window: metav1.Duration{Duration: u.window}, Usage: u.list(),
			})
		}
	}
	slices.SortFunc(list.Items, func(a, b metrics.NodeMetrics) int { return cmp.Compare(a.Name, b.Name) })
	return list, err
}
