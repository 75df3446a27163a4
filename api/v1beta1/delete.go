package v1beta1

import (
	"net/http"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// delete handles DELETE of an object. In v1beta1, the object is gone when the answer
// arrives, except for a namespace, which is removed when it is empty.
func (c *call) delete() error {
	if c.names.quirks.deleteReadsBody {
		if err := c.checkDeleteBody(); err != nil {
			return err
		}
	}
	deleted, err := c.core.delete(c.req.id)
	if err != nil {
		return err
	}
	if k, ok := c.kind.(deletionCompleter); ok {
		if err := k.completeDeletion(c); err != nil {
			return err
		}
	}
	if !c.names.quirks.deleteAnswersObject {
		c.answer.success(http.StatusOK)
		return nil
	}
	var o coreObject
	if _, gone := deleted.(*metav1.Status); gone {
		o, err = c.core.get(c.req.id)
	} else {
		o, err = asObject(deleted)
	}
	if err != nil {
		return err
	}
	if k, ok := c.kind.(deletionShower); ok {
		k.showDeleted(o)
	}
	c.answer.object(http.StatusOK, o)
	return nil
}

// checkDeleteBody refuses a body that is not DeleteOptions. They have no effect.
func (c *call) checkDeleteBody() error {
	body, err := c.req.content()
	if err != nil || len(body) == 0 {
		return err
	}
	return decodeObject(body, "DeleteOptions", &wire.DeleteOptions{})
}
