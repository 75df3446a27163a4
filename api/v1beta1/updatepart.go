package v1beta1

import (
	"net/http"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/validate"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// putStatus handles PUT of an object's status: the rest of the body is ignored.
func (c *call) putStatus() error {
	return c.putPart("status", func(sent wire.Object, stored coreObject) (coreObject, error) {
		if k, ok := c.kind.(statusValidator); ok {
			if causes := k.validateStatus(sent, stored); len(causes) > 0 {
				return nil, invalid(c.names.updateInvalid, c.req.id, causes)
			}
		}
		return c.kind.(statusConverter).statusToCore(sent, stored), nil // the routes lead only here for those
	})
}

// putFinalize handles PUT of a namespace's finalizers.
func (c *call) putFinalize() error {
	return c.putPart("finalize", func(sent wire.Object, stored coreObject) (coreObject, error) {
		return namespaces{}.finalizersToCore(sent, stored), nil
	})
}

// putPart handles PUT of a part of an object.
func (c *call) putPart(part string, change func(wire.Object, coreObject) (coreObject, error)) error {
	sent, err := c.req.objectAtPath()
	if err != nil {
		return err
	}
	stored, err := c.core.get(c.req.id)
	if err != nil {
		return err
	}
	m, was := sent.GetMeta(), c.kind.fromCore(stored).GetMeta()
	if err := c.checkVersion(m, was); err != nil {
		return err
	}
	if causes := validate.Same(m, was); len(causes) > 0 {
		return invalid(c.names.updateInvalid, c.req.id, causes)
	}
	changed, err := change(sent, stored)
	if err != nil {
		return err
	}
	result, err := c.core.replace(c.req.id, changed, part)
	if err != nil {
		return err
	}
	c.answer.object(http.StatusOK, result)
	return nil
}
