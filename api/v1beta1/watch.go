package v1beta1

import (
	"context"
	"net/url"
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/backend"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/validate"
)

// watch serves a watch until the client leaves or the API server ends it. A watch for
// one object sees only that object.
func (c *call) watch() error {
	query, err := c.watchQuery()
	if err != nil {
		return err
	}
	// The request to core ends with this call, however it ends.
	ctx, cancel := context.WithCancel(c.req.client.Context())
	defer cancel()
	w := &watcher{client: c.req.client, answer: c.answer, backend: c.backend, cache: c.frames, gone: cancel}
	defer w.end()
	err = c.backend.Watch(c.req.client.WithContext(ctx), c.core.path(), query, w)
	switch backend.Reason(err) {
	case metav1.StatusReasonExpired, metav1.StatusReasonGone:
		return w.expired(c.core.translate(err, false))
	}
	return c.core.translate(err, false)
}

// watchQuery returns the query of the watch in core.
func (c *call) watchQuery() (url.Values, error) {
	query, err := c.req.selectors()
	if err != nil {
		return nil, err
	}
	if version := c.req.query.Get("resourceVersion"); version != "" {
		if _, err := strconv.ParseUint(version, 10, 64); err != nil {
			return nil, invalid(c.names.path, "", validate.Version(version))
		}
		query.Set("resourceVersion", version)
	}
	if c.req.id != "" {
		name := fields.OneTermEqualSelector("metadata.name", c.req.id).String()
		if s := query.Get("fieldSelector"); s != "" {
			name += "," + s
		}
		query.Set("fieldSelector", name)
	}
	query.Set("watch", "true")
	return query, nil
}
