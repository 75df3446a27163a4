package v1beta1

import (
	"fmt"
	"net/http"
	"net/url"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/backend"
)

// collection is a kind's objects in core/v1, with the rights of one client. Errors are
// in the words of v1beta1, ready to be the answer, except for those of do.
type collection struct {
	backend   *backend.Client
	client    *http.Request
	kind      kind
	names     description // the kind's
	namespace string
	timeout   url.Values
}

// of returns the objects of another kind in the same namespace.
func (c collection) of(k kind) collection {
	c.kind, c.names = k, k.describe()
	return c
}

// path returns the path of the collection, of an object, or of a part of one.
func (c collection) path(more ...string) string { return c.names.at(c.namespace, more...) }

// do makes one request. Its errors are the API server's: translate turns them into
// those of v1beta1.
func (c collection) do(method, path string, query url.Values, body runtime.Object) (runtime.Object, error) {
	return c.backend.Do(c.client, method, path, query, body)
}

func (c collection) get(id string) (coreObject, error) {
	o, err := c.do(http.MethodGet, c.path(id), nil, nil)
	if backend.Reason(err) == metav1.StatusReasonNotFound {
		return nil, notFound(c.names.errorKind, id)
	}
	if err != nil {
		return nil, c.translate(err, false)
	}
	return asObject(o)
}

func (c collection) list(query url.Values) (runtime.Object, error) {
	o, err := c.do(http.MethodGet, c.path(), query, nil)
	if err != nil {
		return nil, c.translate(err, false)
	}
	return o, nil
}

// create stores a new object, after creating its namespace if necessary: in v1beta1,
// the namespace need not exist.
func (c collection) create(o coreObject) (coreObject, error) {
	o.GetObjectKind().SetGroupVersionKind(c.names.coreType())
	made, err := c.do(http.MethodPost, c.path(), c.timeout, o)
	if c.names.namespaced && backend.NamespaceMissing(err) {
		if err = c.createNamespace(); err == nil {
			made, err = c.do(http.MethodPost, c.path(), c.timeout, o)
		}
	}
	if err != nil {
		return nil, c.translate(err, false)
	}
	return asObject(made)
}

func (c collection) createNamespace() error {
	ns := &corev1.Namespace{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"},
		ObjectMeta: metav1.ObjectMeta{Name: c.namespace},
	}
	_, err := c.do(http.MethodPost, backend.Root+"/namespaces", nil, ns)
	if backend.Reason(err) == metav1.StatusReasonAlreadyExists {
		return nil
	}
	return err
}

// replace puts an object, or the part of it that has a path of its own.
func (c collection) replace(id string, o coreObject, part ...string) (coreObject, error) {
	o.GetObjectKind().SetGroupVersionKind(c.names.coreType())
	result, err := c.do(http.MethodPut, c.path(append([]string{id}, part...)...), c.timeout, o)
	if err != nil {
		return nil, c.translate(err, true)
	}
	return asObject(result)
}

// delete returns the deleted object, or a Status.
func (c collection) delete(id string) (runtime.Object, error) {
	deleted, err := c.do(http.MethodDelete, c.path(id), c.timeout, deleteOptions(c.kind))
	if backend.Reason(err) == metav1.StatusReasonNotFound {
		return nil, notFound(c.names.errorKind, id)
	}
	if err != nil {
		return nil, c.translate(err, true)
	}
	return deleted, nil
}

// deleteOptions returns how core must delete an object for it to be deleted as in
// v1beta1.
func deleteOptions(k kind) *metav1.DeleteOptions {
	o := &metav1.DeleteOptions{}
	if k, ok := k.(deletionOptioner); ok {
		o = k.deletion()
	}
	o.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "DeleteOptions"}
	return o
}

func (c collection) translate(err error, update bool) error { return translate(c.kind, err, update) }

// asObject returns an object of core that must have a name.
func asObject(o runtime.Object) (coreObject, error) {
	object, ok := o.(coreObject)
	if !ok {
		return nil, unexpected(o)
	}
	return object, nil
}

// unexpected returns the error for an answer of another type than core/v1 has.
func unexpected(o runtime.Object) error {
	return fmt.Errorf("the API server answered with a %T, not with the object or list asked for", o)
}
