package v1beta1

import (
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/backend"
)

// fakeAPI is as much of a Kubernetes API server as the handler needs: core/v1 objects in
// memory, versions, conflicts, watches from any version. It speaks protobuf, which
// the handler requests.
type fakeAPI struct {
	codec *backend.Client

	mu      sync.Mutex
	version int
	objects map[string]coreObject // by path
	log     []fakeEvent
	grown   chan struct{} // closed when log grows
	serve   http.Handler  // if set, answers instead
}

type fakeEvent struct {
	version int
	kind    string
	path    string
	object  coreObject
}

func newFakeAPI() *fakeAPI {
	f := &fakeAPI{codec: backend.New(nil), objects: map[string]coreObject{}, grown: make(chan struct{}), version: 100}
	f.put("ADDED", "/namespaces/default", &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "default"}})
	return f
}

// put stores an object and notifies the watches; the caller holds the lock, or is the
// only user.
func (f *fakeAPI) put(kind, path string, o coreObject) {
	f.version++
	o.SetResourceVersion(strconv.Itoa(f.version))
	if kind == "DELETED" {
		delete(f.objects, path)
	} else {
		f.objects[path] = o
	}
	f.log = append(f.log, fakeEvent{f.version, kind, path, o.DeepCopyObject().(coreObject)})
	close(f.grown)
	f.grown = make(chan struct{})
}

// fakeKinds holds the kinds by their paths in core.
var fakeKinds = map[string]func() (coreObject, runtime.Object){
	"pods":       func() (coreObject, runtime.Object) { return &corev1.Pod{}, &corev1.PodList{} },
	"services":   func() (coreObject, runtime.Object) { return &corev1.Service{}, &corev1.ServiceList{} },
	"endpoints":  func() (coreObject, runtime.Object) { return &corev1.Endpoints{}, &corev1.EndpointsList{} },
	"nodes":      func() (coreObject, runtime.Object) { return &corev1.Node{}, &corev1.NodeList{} },
	"namespaces": func() (coreObject, runtime.Object) { return &corev1.Namespace{}, &corev1.NamespaceList{} },
	"events":     func() (coreObject, runtime.Object) { return &corev1.Event{}, &corev1.EventList{} },
	"componentstatuses": func() (coreObject, runtime.Object) {
		return &corev1.ComponentStatus{}, &corev1.ComponentStatusList{}
	},
	"secrets":        func() (coreObject, runtime.Object) { return &corev1.Secret{}, &corev1.SecretList{} },
	"limitranges":    func() (coreObject, runtime.Object) { return &corev1.LimitRange{}, &corev1.LimitRangeList{} },
	"resourcequotas": func() (coreObject, runtime.Object) { return &corev1.ResourceQuota{}, &corev1.ResourceQuotaList{} },
	"replicationcontrollers": func() (coreObject, runtime.Object) {
		return &corev1.ReplicationController{}, &corev1.ReplicationControllerList{}
	},
}

// place is what a path of core names.
type place struct{ namespace, resource, name, sub string }

func parsePlace(path string) (p place, ok bool) {
	parts := strings.Split(strings.TrimPrefix(path, backend.Root+"/"), "/")
	if len(parts) >= 3 && parts[0] == "namespaces" && fakeKinds[parts[2]] != nil {
		p.namespace, parts = parts[1], parts[2:]
	}
	parts = append(parts, "", "")
	p.resource, p.name, p.sub = parts[0], parts[1], parts[2]
	return p, fakeKinds[p.resource] != nil && strings.HasPrefix(path, backend.Root+"/")
}

func (p place) key(name string) string {
	return "/" + p.resource + "/" + p.namespace + "/" + name
}

func (f *fakeAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if f.serve != nil {
		f.serve.ServeHTTP(w, r)
		return
	}
	p, ok := parsePlace(r.URL.Path)
	switch {
	case r.URL.Path == "/api":
		w.Header().Set("Content-Type", backend.JSONType)
		io.WriteString(w, `{"kind":"APIVersions","versions":["v1"]}`)
	case r.URL.Path == "/healthz":
		io.WriteString(w, "ok")
	case !ok:
		http.Error(w, "404 page not found", http.StatusNotFound)
	case r.URL.Query().Get("watch") != "":
		f.watch(w, r, p)
	default:
		f.mu.Lock()
		defer f.mu.Unlock()
		code, o, err := f.answer(r, p)
		if err != nil {
			s := apierrors.APIStatus(err.(*apierrors.StatusError)).Status()
			code, o = int(s.Code), &s
		}
		f.write(w, code, o)
	}
}

func (f *fakeAPI) write(w http.ResponseWriter, code int, o runtime.Object) {
	w.Header().Set("Content-Type", backend.ProtobufType)
	w.WriteHeader(code)
	w.Write(f.encode(o))
}

func (f *fakeAPI) encode(o runtime.Object) []byte {
	typed := o.DeepCopyObject()
	if _, ok := typed.(*metav1.Status); ok {
		typed.GetObjectKind().SetGroupVersionKind(schema.GroupVersionKind{Version: "v1", Kind: "Status"})
	} else {
		name := strings.TrimPrefix(fmt.Sprintf("%T", typed), "*v1.")
		typed.GetObjectKind().SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind(name))
	}
	b, err := f.codec.Encode(typed)
	if err != nil {
		panic(err)
	}
	return b
}

func (f *fakeAPI) answer(r *http.Request, p place) (int, runtime.Object, error) {
	group := schema.GroupResource{Resource: p.resource}
	key := "/" + p.resource + "/" + p.namespace + "/" + p.name
	if p.resource == "namespaces" {
		key = "/namespaces/" + p.name
	}
	stored := f.objects[key]
	if p.name != "" && stored == nil {
		return 0, nil, apierrors.NewNotFound(group, p.name)
	}
	switch r.Method {
	case http.MethodGet:
		if p.name == "" {
			return http.StatusOK, f.list(r, p), nil
		}
		return http.StatusOK, stored, nil
	case http.MethodPost:
		if p.sub == "binding" {
			return f.bind(r, key, stored.(*corev1.Pod))
		}
		return f.post(r, p, group)
	case http.MethodPut:
		return f.replace(r, p, key, stored, group)
	case http.MethodDelete:
		f.put("DELETED", key, stored.DeepCopyObject().(coreObject))
		return http.StatusOK, stored, nil
	}
	return 0, nil, apierrors.NewMethodNotSupported(group, r.Method)
}

func (f *fakeAPI) body(r *http.Request) runtime.Object {
	b, _ := io.ReadAll(r.Body)
	o, err := f.codec.Decode(r.Header.Get("Content-Type"), b)
	if err != nil {
		panic(err)
	}
	return o
}

func (f *fakeAPI) post(r *http.Request, p place, group schema.GroupResource) (int, runtime.Object, error) {
	o := f.body(r).(coreObject)
	if p.namespace != "" && f.objects["/namespaces/"+p.namespace] == nil {
		return 0, nil, apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, p.namespace)
	}
	if o.GetName() == "" {
		o.SetName(fmt.Sprintf("%s%05d", o.GetGenerateName(), f.version))
	}
	key := p.key(o.GetName())
	if p.resource == "namespaces" {
		key = "/namespaces/" + o.GetName()
	}
	if f.objects[key] != nil {
		return 0, nil, apierrors.NewAlreadyExists(group, o.GetName())
	}
	o.SetUID(types.UID(fmt.Sprintf("00000000-0000-0000-0000-%012d", f.version)))
	o.SetCreationTimestamp(metav1.Unix(1.4e9, 0))
	switch o := o.(type) {
	case *corev1.Pod:
		o.Status = corev1.PodStatus{Phase: corev1.PodPending}
	case *corev1.Service:
		if o.Spec.ClusterIP == "" {
			o.Spec.ClusterIP = fmt.Sprintf("10.10.10.%d", 1+f.version%250)
		}
	case *corev1.Namespace:
		o.Spec.Finalizers = []corev1.FinalizerName{"kubernetes"}
		o.Status.Phase = corev1.NamespaceActive
	}
	f.put("ADDED", key, o)
	return http.StatusCreated, o, nil
}

func (f *fakeAPI) replace(r *http.Request, p place, key string, stored coreObject, group schema.GroupResource) (int, runtime.Object, error) {
	o := f.body(r).(coreObject)
	if o.GetResourceVersion() != stored.GetResourceVersion() {
		return 0, nil, apierrors.NewConflict(group, p.name, fmt.Errorf("the object is at %s", stored.GetResourceVersion()))
	}
	// The status is written at its own path, which writes nothing else.
	keep, from := stored.DeepCopyObject().(coreObject), o
	if p.sub == "" {
		keep, from = o, stored
	}
	switch keep := keep.(type) {
	case *corev1.Pod:
		keep.Status = from.(*corev1.Pod).Status
	case *corev1.ReplicationController:
		keep.Status = from.(*corev1.ReplicationController).Status
	case *corev1.Node:
		keep.Status = from.(*corev1.Node).Status
	case *corev1.Namespace:
		if p.sub == "finalize" {
			keep.Spec = from.(*corev1.Namespace).Spec
		} else {
			keep.Status = from.(*corev1.Namespace).Status
		}
	}
	f.put("MODIFIED", key, keep)
	return http.StatusOK, keep, nil
}

func (f *fakeAPI) bind(r *http.Request, key string, pod *corev1.Pod) (int, runtime.Object, error) {
	b := f.body(r).(*corev1.Binding)
	if pod.Spec.NodeName != "" {
		return 0, nil, apierrors.NewConflict(schema.GroupResource{Resource: "pods/binding"}, pod.Name, fmt.Errorf("it is on %s", pod.Spec.NodeName))
	}
	pod = pod.DeepCopy()
	pod.Spec.NodeName = b.Target.Name
	f.put("MODIFIED", key, pod)
	return http.StatusCreated, &metav1.Status{Status: metav1.StatusSuccess, Code: http.StatusCreated}, nil
}

func (f *fakeAPI) list(r *http.Request, p place) runtime.Object {
	_, list := fakeKinds[p.resource]()
	match := f.matcher(r, p)
	var items []runtime.Object
	var keys []string
	for key := range f.objects {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		if o := f.objects[key]; match(key, o) {
			items = append(items, o)
		}
	}
	if err := meta.SetList(list, items); err != nil {
		panic(err)
	}
	list.(metav1.ListMetaAccessor).GetListMeta().SetResourceVersion(strconv.Itoa(f.version))
	return list
}

// matcher selects what a list or watch shows.
func (f *fakeAPI) matcher(r *http.Request, p place) func(string, coreObject) bool {
	byLabel, err := labels.Parse(r.URL.Query().Get("labelSelector"))
	if err != nil {
		panic(err)
	}
	byField := fields.ParseSelectorOrDie(r.URL.Query().Get("fieldSelector"))
	return func(key string, o coreObject) bool {
		set := fields.Set{"metadata.name": o.GetName()}
		switch o := o.(type) {
		case *corev1.Pod:
			set["spec.nodeName"], set["status.phase"] = o.Spec.NodeName, string(o.Status.Phase)
		case *corev1.Event:
			set["involvedObject.name"], set["reason"] = o.InvolvedObject.Name, o.Reason
		}
		return strings.HasPrefix(key, "/"+p.resource+"/") && (p.namespace == "" || o.GetNamespace() == p.namespace) &&
			byLabel.Matches(labels.Set(o.GetLabels())) && byField.Matches(set)
	}
}

// watch streams frames like the API server: a length, then a bare WatchEvent.
func (f *fakeAPI) watch(w http.ResponseWriter, r *http.Request, p place) {
	from, _ := strconv.Atoi(r.URL.Query().Get("resourceVersion"))
	match := f.matcher(r, p)
	w.Header().Set("Content-Type", backend.ProtobufType+";stream=watch")
	w.WriteHeader(http.StatusOK)
	w.(http.Flusher).Flush()
	for next := 0; ; {
		f.mu.Lock()
		events, grown := f.log[next:], f.grown
		next = len(f.log)
		f.mu.Unlock()
		for _, e := range events {
			if e.version <= from || !match(e.path, e.object) {
				continue
			}
			frame, err := (&metav1.WatchEvent{Type: e.kind, Object: runtime.RawExtension{Raw: f.encode(e.object)}}).Marshal()
			if err != nil {
				panic(err)
			}
			if _, err := w.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(frame))), frame...)); err != nil {
				return
			}
		}
		w.(http.Flusher).Flush()
		select {
		case <-grown:
		case <-r.Context().Done():
			return
		case <-time.After(time.Minute):
			return
		}
	}
}
