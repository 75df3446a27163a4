package v1beta1

import (
	"net/http"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/convert"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/validate"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// bind handles POST of a binding, to /bindings or below a pod.
func (c *call) bind() error {
	body, err := c.body()
	if err != nil {
		return err
	}
	var b wire.Binding
	if err := read(body, "Binding", &b); err != nil {
		return err
	}
	if err := c.sameNamespace(&b.Meta); err != nil {
		return err
	}
	switch {
	case c.id != "" && b.PodID == "":
		b.PodID = c.id
	case c.id != "" && b.PodID != c.id:
		return badRequest("podID: the body says %q and the path %q: make them equal", b.PodID, c.id)
	case b.PodID == "":
		return badRequest("podID: it is empty: name the pod to bind")
	}
	if !isSegment(b.PodID) {
		return notFound("pod", b.PodID)
	}
	if causes := (validate.Rules{}).Binding(&b); len(causes) > 0 {
		return invalid("binding", b.PodID, causes)
	}
	core := convert.BindingToCore(&b)
	core.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Binding"}
	_, err = c.inner.do(c.r, http.MethodPost, c.at(c.namespace, b.PodID, "binding"), c.timeout(), core)
	switch innerReason(err) {
	case metav1.StatusReasonNotFound:
		return notFound("pod", b.PodID)
	case metav1.StatusReasonConflict:
		return conflict("binding", b.PodID, err.Error())
	}
	if err != nil {
		return c.translate(err, false)
	}
	s := status(wire.Status{Status: wire.Success, Code: http.StatusCreated})
	writeJSON(c.w, http.StatusCreated, &s)
	return nil
}
