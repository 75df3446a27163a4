package v1beta1

import (
	"encoding/json"
	"net/http"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
)

// patchTries is how often a patch without a version is tried if other clients change
// the object in the meantime.
const patchTries = 5

// patch handles PATCH of an object: a JSON merge patch (RFC 7386), whatever the
// Content-Type.
func (c *call) patch() error {
	body, err := c.body()
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
			c.answer(http.StatusOK, o)
			return nil
		}
		if stated.ResourceVersion != nil || !isReason(err, metav1.StatusReasonConflict) || try == patchTries {
			return err
		}
	}
}

func (c *call) patchOnce(patch []byte) (runtime.Object, error) {
	stored, err := c.stored()
	if err != nil {
		return nil, err
	}
	doc, err := json.Marshal(c.single(stored))
	if err != nil {
		return nil, err
	}
	merged, err := jsonpatch.MergePatch(doc, patch)
	if err != nil {
		return nil, badRequest("the body is no JSON merge patch: %v", err)
	}
	sent, err := c.object(merged)
	if err != nil {
		return nil, err
	}
	if err := c.sameObject(sent.GetMeta()); err != nil {
		return nil, err
	}
	return c.update(sent, stored)
}

// isReason reports whether the answer to an error has this reason.
func isReason(err error, reason metav1.StatusReason) bool {
	e, ok := err.(*statusError)
	return ok && e.Reason == string(reason)
}

func isNotFound(err error) bool { return isReason(err, metav1.StatusReasonNotFound) }
