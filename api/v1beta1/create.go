package v1beta1

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// create handles POST to a collection.
func (c *call) create() error {
	body, err := c.body()
	if err != nil {
		return err
	}
	sent, err := c.object(body)
	if err != nil {
		return err
	}
	return c.store(sent, http.StatusCreated)
}

// store creates an object, and answers with it.
func (c *call) store(sent wire.Object, code int) error {
	m := sent.GetMeta()
	if err := c.sameNamespace(m); err != nil {
		return err
	}
	if m.ResourceVersion != 0 {
		return badRequest("resourceVersion: a new object has none: leave it out, or PUT to change the object")
	}
	m.UID, m.DeletionTimestamp = "", nil
	if m.ID == "" && m.GenerateName == "" && c.uuidName {
		m.ID = uuid.NewString()
	}
	c.fill(sent)
	if causes := c.check(sent); len(causes) > 0 {
		return invalid(c.createInvalid, m.ID, causes)
	}
	if c.askFirst && m.ID != "" {
		if err := c.isFree(m.ID); err != nil {
			return err
		}
	}
	made, err := c.post(c.at(c.namespace), c.change(sent, nil))
	if err != nil {
		return c.translate(err, false)
	}
	c.answer(code, made)
	return nil
}

// isFree refuses a name that is taken. The API server does so, too, but first
// allocates a service's address, and releases it with a warning event.
func (c *call) isFree(id string) error {
	other := *c
	other.id = id
	_, err := other.stored()
	switch {
	case err == nil:
		return failure(http.StatusConflict, "AlreadyExists", fmt.Sprintf("%s %q already exists: PUT changes it", c.errorKind, id),
			&wire.Details{ID: id, Kind: c.errorKind})
	case isNotFound(err):
		return nil
	}
	return err
}

// post creates an object in core, after creating its namespace if necessary: in
// v1beta1, the namespace need not exist.
func (c *call) post(path string, o coreObject) (runtime.Object, error) {
	o.GetObjectKind().SetGroupVersionKind(c.coreType())
	made, err := c.inner.do(c.r, http.MethodPost, path, c.timeout(), o)
	if !c.namespaced || !missingNamespace(err) {
		return made, err
	}
	ns := &corev1.Namespace{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"},
		ObjectMeta: metav1.ObjectMeta{Name: c.namespace},
	}
	if _, err := c.inner.do(c.r, http.MethodPost, coreRoot+"/namespaces", nil, ns); err != nil && innerReason(err) != metav1.StatusReasonAlreadyExists {
		return nil, err
	}
	return c.inner.do(c.r, http.MethodPost, path, c.timeout(), o)
}

func missingNamespace(err error) bool {
	e, ok := err.(*innerError)
	return ok && e.status.Reason == metav1.StatusReasonNotFound && e.status.Details != nil && e.status.Details.Kind == "namespaces"
}

// timeout passes on how long the client wants to wait. A value that is not a duration
// was ignored, and still is.
func (c *call) timeout() url.Values {
	d, err := time.ParseDuration(c.query.Get("timeout"))
	if err != nil || d <= 0 {
		return nil
	}
	return url.Values{"timeout": {d.String()}}
}

// sameNamespace puts the object into the request's namespace, and refuses an object
// that names another one.
func (c *call) sameNamespace(m *wire.Meta) error {
	if !c.namespaced {
		m.Namespace = ""
		return nil
	}
	if m.Namespace != "" && m.Namespace != c.namespace && c.namespace != "" {
		const why = "namespace: the body says %q and the request %q: make them equal, by the query parameter namespace"
		if c.namespaceConflict {
			err := badRequest(why, m.Namespace, c.namespace)
			return conflict(c.createInvalid, m.ID, err.Error())
		}
		return badRequest(why, m.Namespace, c.namespace)
	}
	m.Namespace = c.namespace
	return nil
}

// answer sends one core object to the client.
func (c *call) answer(code int, o runtime.Object) {
	writeJSON(c.w, code, c.single(o))
}

// single returns an object as shown on its own, not in a list.
func (c *call) single(o runtime.Object) wire.Object {
	shown := c.show(o)
	m := shown.GetMeta()
	m.Kind, m.APIVersion, m.SelfLink = c.name, wire.APIVersion, c.link(m)
	return shown
}
