// Package recording keeps what the scheduling core was told and what it answered, and plays
// it again: to find out why a pod went where it did, to make a test of a bug ([Replay]), and to
// see what another policy would have done ([Simulate]).
//
// A recording is a file of JSON objects, a line each. The first is a [Header], every other
// an [Entry]. A file is complete in itself: one that continues another begins with events
// that stand for what was known then. Pods are recorded without what scheduling does not
// look at, such as commands and environments, which may hold secrets.
package recording

import (
	"encoding/json"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Version is that of the format.
const Version = 1

// Header is the first line of a recording.
type Header struct {
	Version   int
	Began     time.Time
	Continues bool `json:",omitempty"` // another file; the first events stand for what was known
	Config    scheduler.Config
	// Plugins is a hash of the configuration of the Rules' plugins, which may hold secrets;
	// empty: it is the default.
	Plugins string `json:",omitempty"`
}

// Entry is a Step of the core, or what its Rules were told besides.
type Entry struct {
	At    time.Time
	Event scheduler.Event
	Calls []json.RawMessage // each a call as in [encodeCall]
	Known bool              // this stands for what was known when the file began: there are no calls
}

// Observed is what Rules were told of an object that is neither a pod nor a Node.
type Observed struct {
	scheduler.Event `json:"-"` // it stands in the place of one

	Kind   schema.GroupVersionKind
	Object runtime.Object
	Gone   bool `json:",omitempty"`
}

// Rules are the core's Rules, as far as they are told of objects.
type Rules interface {
	Observe(object any, gone bool) bool
}

// Core is what is recorded and played: a [scheduler.State].
type Core interface {
	Step(now time.Time, e scheduler.Event) []scheduler.Call
	Next() time.Time
}

var _ Core = (*scheduler.State)(nil)
