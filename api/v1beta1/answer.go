package v1beta1

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/convert"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// answer shows objects of one kind to a client.
type answer struct {
	w     http.ResponseWriter
	kind  kind
	names description // the kind's
	link  string      // the path of the collection, as the client wrote it
}

// object answers with an object.
func (a *answer) object(code int, o coreObject) { writeJSON(a.w, code, a.single(o)) }

// success answers with a Status.
func (a *answer) success(code int) {
	s := status(wire.Status{Status: wire.Success, Code: code})
	writeJSON(a.w, code, &s)
}

// single returns an object as shown on its own, not in a list.
func (a *answer) single(o coreObject) wire.Object {
	shown := a.kind.fromCore(o)
	m := shown.GetMeta()
	m.Kind, m.APIVersion, m.SelfLink = a.names.name, wire.APIVersion, a.selfLink(m)
	return shown
}

// list answers with a list. Its link has the form of its request.
func (a *answer) list(core runtime.Object, req *request) error {
	accessor, err := meta.ListAccessor(core)
	if err != nil {
		return unexpected(core)
	}
	list := &wire.List{Items: make([]wire.Object, 0, meta.LenList(core))}
	list.Kind, list.APIVersion = a.names.name+"List", wire.APIVersion
	list.ResourceVersion = convert.VersionFromCore(accessor.GetResourceVersion())
	list.SelfLink = a.link
	if strings.HasSuffix(req.client.URL.Path, "/") {
		list.SelfLink += "/"
	}
	list.SelfLink += a.linkQuery(req.namespace)
	err = meta.EachListItem(core, func(o runtime.Object) error {
		item, err := asObject(o)
		if err != nil {
			return err
		}
		shown := a.kind.fromCore(item)
		shown.GetMeta().SelfLink = a.selfLink(shown.GetMeta())
		list.Items = append(list.Items, shown)
		return nil
	})
	if err != nil {
		return err
	}
	if k, ok := a.kind.(listWrapper); ok {
		writeJSON(a.w, http.StatusOK, k.wrapList(list))
		return nil
	}
	writeJSON(a.w, http.StatusOK, list)
	return nil
}

// selfLink returns the link of an object.
func (a *answer) selfLink(m *wire.Meta) string {
	link := a.link
	if m.ID != "" {
		link += "/" + m.ID
	}
	return link + a.linkQuery(m.Namespace)
}

// linkQuery returns the query of a link; kinds without namespaces have none.
func (a *answer) linkQuery(namespace string) string {
	if !a.names.namespaced {
		return ""
	}
	return "?namespace=" + url.QueryEscape(namespace)
}

// indentMax is the size, in bytes, up to which answers are indented for human
// readers. Indenting larger ones would take longer than the rest of the translation.
const indentMax = 64 << 10

// writeJSON answers with an object.
func writeJSON(w http.ResponseWriter, code int, v any) {
	body, err := json.Marshal(v)
	if err == nil && len(body) <= indentMax {
		var indented bytes.Buffer
		err = json.Indent(&indented, body, "", "  ")
		body = indented.Bytes()
	}
	if err != nil {
		http.Error(w, "cannot write the answer as JSON: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	w.Write(body) // an error means that the client is gone
}
