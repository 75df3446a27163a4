package v1beta1

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/backend"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// request is what a client has sent, for one kind of object.
type request struct {
	client *http.Request
	body   io.Reader // bounded
	kind   kind
	names  description // the kind's
	query  url.Values
	id     string // as in route
	rest   string // as in route
	// namespace is empty for all namespaces in a list, and for kinds without namespaces.
	namespace string
}

const defaultNamespace = "default"

// findNamespace applies the rules of the parameter namespace: without it, a call for one
// object means the default namespace, and a list means all.
func (q *request) findNamespace() error {
	if !q.names.namespaced {
		return nil
	}
	values, given := q.query["namespace"]
	switch {
	case given:
		q.namespace = values[0]
	case q.id != "" || q.client.Method == http.MethodPost:
		q.namespace = defaultNamespace
	}
	if q.id != "" && q.namespace == "" {
		return badRequest("namespace: the parameter is empty: name a namespace, or leave it out for %q", defaultNamespace)
	}
	return nil
}

// checkSegments refuses a request whose namespace or name is not a segment. No such
// object can exist, so the answer is that it was not found.
func (q *request) checkSegments() error {
	if q.namespace != "" && !backend.IsSegment(q.namespace) {
		return notFound("namespace", q.namespace)
	}
	name, _, _ := strings.Cut(q.id, ":") // of /proxy and /redirect: name:port
	if q.id != "" && (!backend.IsSegment(q.id) || !backend.IsSegment(name)) {
		return notFound(q.names.errorKind, q.id)
	}
	return nil
}

// content reads the body, up to the limit.
func (q *request) content() ([]byte, error) {
	b, err := io.ReadAll(q.body)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, failure(http.StatusRequestEntityTooLarge, "RequestEntityTooLarge",
			fmt.Sprintf("the body is too large: send at most %d bytes", tooLarge.Limit), nil)
	case err != nil:
		return nil, badRequest("the body broke off: %v", err)
	}
	return b, nil
}

// object reads the body as an object of the request's kind.
func (q *request) object() (wire.Object, error) {
	body, err := q.content()
	if err != nil {
		return nil, err
	}
	return decodeAny(q.kind, body)
}

// objectAtPath reads the body of a request for one object, and refuses another object.
func (q *request) objectAtPath() (wire.Object, error) {
	sent, err := q.object()
	if err != nil {
		return nil, err
	}
	return sent, q.isAtPath(sent.GetMeta())
}

func (q *request) isAtPath(m *wire.Meta) error {
	if m.ID != q.id {
		return badRequest("id: the body says %q and the path %q: make them equal", m.ID, q.id)
	}
	return q.setNamespace(m)
}

// setNamespace puts an object into the request's namespace, and refuses an object that
// names another one.
func (q *request) setNamespace(m *wire.Meta) error {
	if !q.names.namespaced {
		m.Namespace = ""
		return nil
	}
	if m.Namespace != "" && m.Namespace != q.namespace && q.namespace != "" {
		const why = "namespace: the body says %q and the request %q: make them equal, by the query parameter namespace"
		err := badRequest(why, m.Namespace, q.namespace)
		if q.names.quirks.namespaceConflict {
			return conflict(q.names.createInvalid, m.ID, err.Error())
		}
		return err
	}
	m.Namespace = q.namespace
	return nil
}

// timeout returns how long the client wants to wait, as a parameter of core. A value
// that is not a duration was ignored, and still is.
func (q *request) timeout() url.Values {
	d, err := time.ParseDuration(q.query.Get("timeout"))
	if err != nil || d <= 0 {
		return nil
	}
	return url.Values{"timeout": {d.String()}}
}

// selectors translates the parameters labels and fields.
func (q *request) selectors() (url.Values, error) {
	query := url.Values{}
	if text := q.query.Get("labels"); text != "" {
		if _, err := labels.Parse(text); err != nil {
			return nil, badRequest("labels: %q is no selector: %v: write k=v, k!=v, k in (a,b), k notin (a,b) or k, joined by commas", text, err)
		}
		query.Set("labelSelector", text)
	}
	if text := q.query.Get("fields"); text != "" {
		selector, err := fields.ParseSelector(text)
		if err != nil {
			return nil, badRequest("fields: %q is no selector: %v: write f=v or f!=v, joined by commas", text, err)
		}
		if selector, err = selector.Transform(q.coreField); err != nil {
			return nil, err
		}
		query.Set("fieldSelector", selector.String())
	}
	return query, nil
}

// coreField returns a field selector's name and value in core.
func (q *request) coreField(name, value string) (string, string, error) {
	if k, ok := q.kind.(selectable); ok {
		if name, value, ok := k.coreField(name, value); ok {
			return name, value, nil
		}
	}
	return "", "", badRequest("fields: objects of kind %s cannot be selected by %q", q.names.name, name)
}
