package v1beta1

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/backend"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/validate"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// kind is one kind of object. Each has a file of its own, where the methods are in the
// order in which a POST calls them: the body is decoded, gets its defaults, is validated
// and converted to core/v1, and the stored object is converted back for the answer.
// abilities.go has what only some kinds can do.
//
// A method gets objects of its kind's own types only: what its decode returns, and what
// core/v1 has under the name that describe gives.
type kind interface {
	describe() description
	decode(body []byte) (wire.Object, error)
	setDefaults(wire.Object)
	validate(wire.Object) validate.Causes
	// toCore returns what stored becomes when a client sends an object, except for its
	// status. stored is nil for a new object, and is not changed.
	toCore(sent wire.Object, stored coreObject) coreObject
	fromCore(coreObject) wire.Object
}

// coreObject is any object of core/v1.
type coreObject interface {
	runtime.Object
	metav1.Object
}

// description has a kind's names.
type description struct {
	path       string // in v1beta1, such as replicationControllers
	core       string // in core/v1, such as replicationcontrollers
	name       string // of one object, such as ReplicationController
	namespaced bool

	// The names in errors are irregular, and clients read them.
	errorKind     string
	createInvalid string
	updateInvalid string

	quirks quirks
}

// quirks are peculiarities of a kind in 0.14.
type quirks struct {
	putCreates          bool // PUT of an unknown name creates the object
	uuidName            bool // POST without a name generates one
	nameCheckedFirst    bool // POST checks whether the name is taken before it creates anything
	namespaceConflict   bool // another namespace in the body is a Conflict, not a BadRequest
	deleteReadsBody     bool
	deleteAnswersObject bool // and not a Status
}

// kindsByPath returns the kinds of v1beta1 by each of their paths.
func kindsByPath(rules validate.Rules) map[string]kind {
	out := map[string]kind{}
	for _, k := range allKinds(rules) {
		out[k.describe().path] = k
	}
	out["nodes"] = out["minions"]
	return out
}

func allKinds(r validate.Rules) []kind {
	return []kind{
		pods{r}, replicationControllers{r}, services{}, endpoints{}, minions{}, events{},
		namespaces{}, secrets{}, limitRanges{}, resourceQuotas{},
	}
}

// coreType returns the kind's name and version in core.
func (d description) coreType() schema.GroupVersionKind {
	name := d.name
	if name == "Minion" {
		name = "Node"
	}
	return corev1.SchemeGroupVersion.WithKind(name)
}

// at returns the path in core of the kind's objects, or of one.
func (d description) at(namespace string, more ...string) string {
	if !d.namespaced {
		namespace = ""
	}
	return backend.Path(namespace, d.core, more...)
}

// invalidKind returns the kind's name in the error for an invalid object.
func (d description) invalidKind(update bool) string {
	if update {
		return d.updateInvalid
	}
	return d.createInvalid
}
