package v1beta1

import (
	"fmt"
	"net/http"

	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/convert"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/validate"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// updateTries is how often an update that the client does not tie to a version is tried
// if other clients change the object in the meantime.
const updateTries = 5

// put handles PUT of an object.
func (c *call) put() error {
	sent, err := c.req.objectAtPath()
	if err != nil {
		return err
	}
	stored, err := c.core.get(c.req.id)
	if isNotFound(err) && c.names.quirks.putCreates && sent.GetMeta().ResourceVersion == 0 {
		return c.store(sent)
	}
	if err != nil {
		return err
	}
	o, err := c.update(sent, stored)
	if err != nil {
		return err
	}
	c.answer.object(http.StatusOK, o)
	return nil
}

// update changes the stored object to what was sent, and returns the result. The
// client must have seen the stored version.
func (c *call) update(sent wire.Object, stored coreObject) (coreObject, error) {
	c.kind.setDefaults(sent)
	if err := c.validateUpdate(sent, c.kind.fromCore(stored)); err != nil {
		return nil, err
	}
	changed := c.kind.toCore(sent, stored)
	if k, ok := c.kind.(changeValidator); ok {
		if causes := k.validateChange(changed, stored); len(causes) > 0 {
			return nil, invalid(c.names.updateInvalid, c.req.id, causes)
		}
	}
	if k, ok := c.kind.(statusSplitter); ok {
		return c.replaceBoth(k, sent, changed, stored)
	}
	return c.core.replace(c.req.id, changed)
}

// validateUpdate checks the version first and then the content, except for
// earlyValidators. It allows faults that the stored object already has.
func (c *call) validateUpdate(sent, old wire.Object) error {
	m, was := sent.GetMeta(), old.GetMeta()
	if k, ok := c.kind.(earlyValidator); ok {
		if causes := k.validateEarly(sent, old); len(causes) > 0 {
			return invalid(c.names.updateInvalid, c.req.id, append(causes, c.newCauses(sent, old)...))
		}
	}
	if err := c.checkVersion(m, was); err != nil {
		return err
	}
	if causes := append(validate.Same(m, was), c.newCauses(sent, old)...); len(causes) > 0 {
		return invalid(c.names.updateInvalid, c.req.id, causes)
	}
	return nil
}

// newCauses returns the faults that this update introduces.
func (c *call) newCauses(sent, old wire.Object) validate.Causes {
	return c.kind.validate(sent).Without(c.kind.validate(old))
}

// checkVersion refuses a client that has not seen the stored version.
func (c *call) checkVersion(m, was *wire.Meta) error {
	if m.ResourceVersion == was.ResourceVersion {
		return nil
	}
	return conflict(c.names.errorKind, c.req.id, fmt.Sprintf("resourceVersion: the object is at %d and the body at %d: fetch the object and change that",
		was.ResourceVersion, m.ResourceVersion))
}

// replaceBoth writes the object and its status, each if it has changed.
func (c *call) replaceBoth(k statusSplitter, sent wire.Object, changed, stored coreObject) (coreObject, error) {
	rest, _ := k.splitStatus(changed)
	storedRest, _ := k.splitStatus(stored)
	if !equality.Semantic.DeepEqual(rest, storedRest) {
		var err error
		if stored, err = c.core.replace(c.req.id, changed); err != nil {
			return nil, err
		}
	}
	sent.GetMeta().ResourceVersion = convert.VersionFromCore(stored.GetResourceVersion())
	changed = k.statusToCore(sent, stored)
	_, status := k.splitStatus(changed)
	if _, was := k.splitStatus(stored); equality.Semantic.DeepEqual(status, was) {
		return stored, nil
	}
	return c.core.replace(c.req.id, changed, "status")
}
