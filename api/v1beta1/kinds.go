package v1beta1

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/convert"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/validate"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// kind describes one kind of object to the door.
type kind struct {
	path       string // in v1beta1
	core       string // in core/v1
	name       string // of one object
	listName   string
	namespaced bool
	proxied    bool // has /proxy and /redirect

	// The names of the kind in errors; irregular, and read by clients.
	errorKind     string
	createInvalid string
	updateInvalid string
	// A wrong namespace in the body is a Conflict, not a BadRequest.
	namespaceConflict bool

	creates        bool // PUT of an unknown name creates it
	uuidName       bool // POST without a name generates one
	askFirst       bool // POST checks first whether the name is taken
	deletedObject  bool // DELETE answers the object
	deleteBody     bool // DELETE reads its body
	deletedQuietly bool // a deletion in progress is not shown: it ends at once
	statusByPut    bool // PUT of the object changes its status, too

	fields     map[string]string // field selectors, by name; nil: none
	coreFields []fieldName       // of causes

	ops
}

// fieldName renames a field of core and the fields below it, or, if whole, maps them
// all to one name.
type fieldName struct {
	core, old string
	whole     bool
}

func (k *kind) invalidKind(update bool) string {
	if update {
		return k.updateInvalid
	}
	return k.createInvalid
}

// coreType returns the kind's name and version in core.
func (k *kind) coreType() schema.GroupVersionKind {
	name := k.name
	if name == "Minion" {
		name = "Node"
	}
	return corev1.SchemeGroupVersion.WithKind(name)
}

// at returns the path in core of the kind's objects, or of one. Each argument is one
// segment (isSegment) and stays one: the path is not cleaned. address escapes it when
// the request is built.
func (k *kind) at(namespace string, more ...string) string {
	segments := []string{coreRoot}
	if k.namespaced && namespace != "" {
		segments = append(segments, "namespaces", namespace)
	}
	segments = append(segments, k.core)
	return strings.Join(append(segments, more...), "/")
}

// ops is the part that depends on the objects' types.
type ops struct {
	make     func() wire.Object
	makeCore func() coreObject
	// show converts a core object for the client, and showList a list's items.
	show     func(runtime.Object) wire.Object
	showList func(list runtime.Object, meta wire.Meta, each func(*wire.Meta)) any
	// change returns what stored (nil for none) becomes; changeStatus (may be nil)
	// returns stored with another status.
	change       func(sent wire.Object, stored runtime.Object) coreObject
	changeStatus func(sent wire.Object, stored runtime.Object) coreObject
	fill         func(wire.Object) // fills in what the client may leave out
	check        func(wire.Object) validate.Causes
}

// coreObject is any object of core/v1.
type coreObject interface {
	runtime.Object
	metav1.Object
}

// opsOf builds the operations of one kind from its typed functions.
func opsOf[W, C, L any, PW interface {
	*W
	wire.Object
}, PC interface {
	*C
	coreObject
}, PL interface {
	*L
	runtime.Object
}](from func(PC) PW, to func(PW, PC) PC, items func(PL) []C, check func(PW) validate.Causes) ops {
	return ops{
		make:     func() wire.Object { return PW(new(W)) },
		makeCore: func() coreObject { return PC(new(C)) },
		show:     func(o runtime.Object) wire.Object { return from(o.(PC)) },
		showList: func(o runtime.Object, meta wire.Meta, each func(*wire.Meta)) any {
			core := items(o.(PL))
			list := wire.List[W]{Meta: meta, Items: make([]W, len(core))}
			for i := range core {
				list.Items[i] = *from(&core[i])
				each(PW(&list.Items[i]).GetMeta())
			}
			return &list
		},
		change: changeOf(to),
		fill: func(o wire.Object) {
			if d, ok := o.(interface{ Default() }); ok {
				d.Default()
			}
		},
		check: func(o wire.Object) validate.Causes { return check(o.(PW)) },
	}
}

// changeOf adapts a typed function to any object.
func changeOf[PW wire.Object, C any, PC interface {
	*C
	coreObject
}](to func(PW, PC) PC) func(wire.Object, runtime.Object) coreObject {
	return func(sent wire.Object, stored runtime.Object) coreObject {
		old, _ := stored.(PC)
		return to(sent.(PW), old)
	}
}

// withStatus adds a status that clients may write.
func withStatus[PW wire.Object, C any, PC interface {
	*C
	coreObject
}](o ops, to func(PW, PC) PC) ops {
	o.changeStatus = changeOf(to)
	return o
}

// showMinions writes the items under both names.
func showMinions(o ops) ops {
	list := o.showList
	o.showList = func(core runtime.Object, meta wire.Meta, each func(*wire.Meta)) any {
		l := list(core, meta, each).(*wire.List[wire.Minion])
		return &wire.MinionList{Meta: l.Meta, Minions: l.Items, Items: l.Items}
	}
	return o
}

// kindsByPath returns the kinds of v1beta1 by each of their paths.
func kindsByPath(rules validate.Rules) map[string]*kind {
	out := map[string]*kind{}
	for _, k := range allKinds(rules) {
		out[k.path] = k
	}
	out["nodes"] = out["minions"]
	return out
}

func podOps(r validate.Rules) ops {
	o := opsOf(convert.PodFromCore, convert.PodToCore, func(l *corev1.PodList) []corev1.Pod { return l.Items }, r.Pod)
	return withStatus(o, convert.PodStatusToCore)
}

func controllerOps(r validate.Rules) ops {
	o := opsOf(convert.ControllerFromCore, convert.ControllerToCore,
		func(l *corev1.ReplicationControllerList) []corev1.ReplicationController { return l.Items }, r.Controller)
	return withStatus(o, convert.ControllerStatusToCore)
}

func minionOps(r validate.Rules) ops {
	o := opsOf(convert.MinionFromCore, convert.MinionToCore, func(l *corev1.NodeList) []corev1.Node { return l.Items }, r.Minion)
	return showMinions(withStatus(o, convert.MinionToCore))
}

func namespaceOps(r validate.Rules) ops {
	o := opsOf(convert.NamespaceFromCore, convert.NamespaceToCore,
		func(l *corev1.NamespaceList) []corev1.Namespace { return l.Items }, r.Namespace)
	return withStatus(o, convert.NamespaceStatusToCore)
}

func quotaOps(r validate.Rules) ops {
	o := opsOf(convert.QuotaFromCore, convert.QuotaToCore,
		func(l *corev1.ResourceQuotaList) []corev1.ResourceQuota { return l.Items }, r.Quota)
	return withStatus(o, convert.QuotaStatusToCore)
}
