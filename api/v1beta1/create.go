package v1beta1

import (
	"fmt"
	"net/http"

	"github.com/google/uuid"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// create handles POST to a collection.
func (c *call) create() error {
	sent, err := c.req.object()
	if err != nil {
		return err
	}
	return c.store(sent)
}

// store creates an object, and answers with it.
func (c *call) store(sent wire.Object) error {
	m := sent.GetMeta()
	if err := c.req.setNamespace(m); err != nil {
		return err
	}
	if m.ResourceVersion != 0 {
		return badRequest("resourceVersion: a new object has none: leave it out, or PUT to change the object")
	}
	m.UID, m.DeletionTimestamp = "", nil
	if m.ID == "" && m.GenerateName == "" && c.names.quirks.uuidName {
		m.ID = uuid.NewString()
	}
	c.kind.setDefaults(sent)
	if causes := c.kind.validate(sent); len(causes) > 0 {
		return invalid(c.names.createInvalid, m.ID, causes)
	}
	if c.names.quirks.nameCheckedFirst && m.ID != "" {
		if err := c.checkNameFree(m.ID); err != nil {
			return err
		}
	}
	made, err := c.core.create(c.kind.toCore(sent, nil))
	if err != nil {
		return err
	}
	c.answer.object(http.StatusCreated, made)
	return nil
}

// checkNameFree refuses a name that is taken.
func (c *call) checkNameFree(id string) error {
	_, err := c.core.get(id)
	switch {
	case err == nil:
		return failure(http.StatusConflict, "AlreadyExists", fmt.Sprintf("%s %q already exists: PUT changes it", c.names.errorKind, id),
			&wire.Details{ID: id, Kind: c.names.errorKind})
	case isNotFound(err):
		return nil
	}
	return err
}
