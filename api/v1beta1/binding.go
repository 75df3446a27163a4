package v1beta1

import (
	"net/http"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/backend"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/convert"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/validate"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// bind handles POST of a binding, to /bindings or below a pod.
func (c *call) bind() error {
	b, err := c.req.binding()
	if err != nil {
		return err
	}
	if !backend.IsSegment(b.PodID) {
		return notFound("pod", b.PodID)
	}
	if causes := validate.Binding(b); len(causes) > 0 {
		return invalid("binding", b.PodID, causes)
	}
	core := convert.BindingToCore(b)
	core.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Binding"}
	_, err = c.core.do(http.MethodPost, c.core.path(b.PodID, "binding"), c.core.timeout, core)
	switch backend.Reason(err) {
	case metav1.StatusReasonNotFound:
		return notFound("pod", b.PodID)
	case metav1.StatusReasonConflict:
		return conflict("binding", b.PodID, err.Error())
	}
	if err != nil {
		return c.core.translate(err, false)
	}
	c.answer.success(http.StatusCreated)
	return nil
}

// binding reads the body as a binding of the pod in the path, or of the one that it
// names.
func (q *request) binding() (*wire.Binding, error) {
	body, err := q.content()
	if err != nil {
		return nil, err
	}
	b := &wire.Binding{}
	if err := decodeObject(body, "Binding", b); err != nil {
		return nil, err
	}
	if err := q.setNamespace(&b.Meta); err != nil {
		return nil, err
	}
	switch {
	case q.id != "" && b.PodID == "":
		b.PodID = q.id
	case q.id != "" && b.PodID != q.id:
		return nil, badRequest("podID: the body says %q and the path %q: make them equal", b.PodID, q.id)
	case b.PodID == "":
		return nil, badRequest("podID: it is empty: name the pod to bind")
	}
	return b, nil
}
