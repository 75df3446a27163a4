package v1beta1

import (
	"net/http"
	"net/url"
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/convert"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// get handles GET of an object.
func (c *call) get() error {
	o, err := c.stored()
	if err != nil {
		return err
	}
	c.answer(http.StatusOK, o)
	return nil
}

// stored fetches the call's object.
func (c *call) stored() (runtime.Object, error) {
	o, err := c.inner.do(c.r, http.MethodGet, c.at(c.namespace, c.id), nil, nil)
	if innerReason(err) == metav1.StatusReasonNotFound {
		return nil, notFound(c.errorKind, c.id)
	}
	if err != nil {
		return nil, c.translate(err, false)
	}
	return o, nil
}

// list handles GET of a collection, or watches it.
func (c *call) list() error {
	if on, _ := strconv.ParseBool(c.query.Get("watch")); on {
		return c.watch()
	}
	query, err := c.selectors()
	if err != nil {
		return err
	}
	o, err := c.inner.do(c.r, http.MethodGet, c.at(c.namespace), query, nil)
	if err != nil {
		return c.translate(err, false)
	}
	meta := wire.Meta{
		Kind: c.listName, APIVersion: wire.APIVersion,
		SelfLink: c.listLink(),
	}
	if l, ok := o.(metav1.ListInterface); ok {
		meta.ResourceVersion = convert.VersionFromCore(l.GetResourceVersion())
	} else if l, ok := o.(metav1.ListMetaAccessor); ok {
		meta.ResourceVersion = convert.VersionFromCore(l.GetListMeta().GetResourceVersion())
	}
	list := c.showList(o, meta, func(m *wire.Meta) { m.SelfLink = c.link(m) })
	writeJSON(c.w, http.StatusOK, list)
	return nil
}

// selectors translates the parameters labels and fields.
func (c *call) selectors() (url.Values, error) {
	query := url.Values{}
	if text := c.query.Get("labels"); text != "" {
		if _, err := labels.Parse(text); err != nil {
			return nil, badRequest("labels: %q is no selector: %v: write k=v, k!=v, k in (a,b), k notin (a,b) or k, joined by commas", text, err)
		}
		query.Set("labelSelector", text)
	}
	if text := c.query.Get("fields"); text != "" {
		selector, err := fields.ParseSelector(text)
		if err != nil {
			return nil, badRequest("fields: %q is no selector: %v: write f=v or f!=v, joined by commas", text, err)
		}
		if selector, err = selector.Transform(c.coreField); err != nil {
			return nil, err
		}
		query.Set("fieldSelector", selector.String())
	}
	return query, nil
}

// coreField returns a field selector's name and value for core.
func (c *call) coreField(name, value string) (string, string, error) {
	core, ok := c.fields[name]
	if !ok {
		return "", "", badRequest("fields: objects of kind %s cannot be selected by %q", c.name, name)
	}
	if core == "status.phase" && c.name == "Pod" {
		if phase, ok := convert.PodPhase(value); ok {
			value = string(phase)
		} else if phase := corev1.PodPhase(value); convert.PodWord(phase) != value {
			value = "-" + value // a word of core that no pod has in v1beta1
		}
	}
	return core, value, nil
}
