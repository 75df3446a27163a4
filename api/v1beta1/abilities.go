package v1beta1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/validate"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// What some kinds can do. A kind without an ability behaves as the comment's second
// sentence says.
type (
	// selectable kinds are listed and watched by field selectors. Others refuse them.
	selectable interface {
		// coreField returns a selector's field and value in core; ok is false for an
		// unknown field.
		coreField(name, value string) (coreName, coreValue string, ok bool)
	}

	// listWrapper kinds have lists of a special form. Others are listed as wire.List.
	listWrapper interface {
		wrapList(*wire.List) any
	}

	// statusConverter kinds have a status that clients may write, at the path /status
	// below the object unless they are statusSplitters. Others have none.
	statusConverter interface {
		// statusToCore returns stored with the status that was sent.
		statusToCore(sent wire.Object, stored coreObject) coreObject
	}

	// statusValidator kinds restrict what a status may say.
	statusValidator interface {
		validateStatus(sent wire.Object, stored coreObject) validate.Causes
	}

	// statusSplitter kinds have a status that is written by PUT of the object itself.
	// Core has separate paths for object and status. PUT of others ignores the status.
	statusSplitter interface {
		statusConverter
		// splitStatus returns a copy of the object without its status, and the status.
		splitStatus(coreObject) (rest coreObject, status any)
	}

	// changeValidator kinds restrict what an update may change. Others may change
	// whatever core permits.
	changeValidator interface {
		validateChange(changed, stored coreObject) validate.Causes
	}

	// earlyValidator kinds have updates whose content is checked before their version.
	// Others check the version first.
	earlyValidator interface {
		validateEarly(sent, stored wire.Object) validate.Causes
	}

	// fieldTranslator kinds have fields whose names differ in core. Causes for others
	// keep core's names.
	fieldTranslator interface {
		oldField(core string) string
	}

	// deletionOptioner kinds are deleted with options. Others are deleted as core does.
	deletionOptioner interface {
		deletion() *metav1.DeleteOptions
	}

	// deletionCompleter kinds have more to remove or to release after core has deleted
	// an object: what core leaves to its controllers, which may not be running.
	deletionCompleter interface {
		completeDeletion(*call) error
	}

	// deletionShower kinds show a deleted object differently from a stored one.
	deletionShower interface {
		showDeleted(coreObject)
	}

	// quietlyDeleted kinds are deleted in one event. Others show a deletion in progress
	// as MODIFIED.
	quietlyDeleted interface {
		// endsAtOnce reports whether DELETED follows immediately.
		endsAtOnce(runtime.Object) bool
	}

	// reachable kinds have ports: they have /proxy and /redirect.
	reachable interface {
		// answering returns the kind of the object that knows the addresses.
		answering() kind
		// address returns the host and port that belong to port, which may be empty.
		address(o coreObject, port string) (string, error)
	}
)
