package v1beta1

import (
	"encoding/json"
	"net/http"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
)

// patch handles PATCH of an object: a JSON merge patch (RFC 7386), whatever the
// Content-Type.
func (c *call) patch() error {
	body, err := c.req.content()
	if err != nil {
		return err
	}
	var stated struct {
		ResourceVersion *uint64 `json:"resourceVersion"`
	}
	if err := json.Unmarshal(body, &stated); err != nil {
		return decodeError("merge patch", err)
	}
	for try := 1; ; try++ {
		o, err := c.patchOnce(body)
		if err == nil {
			c.answer.object(http.StatusOK, o)
			return nil
		}
		if stated.ResourceVersion != nil || !isConflict(err) || try == updateTries {
			return err
		}
	}
}

func (c *call) patchOnce(patch []byte) (coreObject, error) {
	stored, err := c.core.get(c.req.id)
	if err != nil {
		return nil, err
	}
	doc, err := json.Marshal(c.answer.single(stored))
	if err != nil {
		return nil, err
	}
	merged, err := jsonpatch.MergePatch(doc, patch)
	if err != nil {
		return nil, badRequest("the body is no JSON merge patch: %v", err)
	}
	sent, err := decodeAny(c.kind, merged)
	if err != nil {
		return nil, err
	}
	if err := c.req.isAtPath(sent.GetMeta()); err != nil {
		return nil, err
	}
	return c.update(sent, stored)
}
