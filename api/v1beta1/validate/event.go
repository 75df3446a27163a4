package validate

import (
	"fmt"
	"math"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// Event checks an event.
func Event(e *wire.Event) Causes {
	var c Causes
	if e.InvolvedObject.Kind != "Node" && e.InvolvedObject.Kind != "Minion" && e.Namespace != e.InvolvedObject.Namespace {
		c.invalid("involvedObject.namespace", e.InvolvedObject.Namespace, fmt.Sprintf("must be the event's own namespace, %q", e.Namespace))
	}
	if !dnsSubdomain.ok(e.Namespace) {
		c.invalid("namespace", e.Namespace, dnsSubdomain.cure)
	}
	if e.ID == "" { // servers of the time did not generate one
		c.required("metadata.name", "give the event an id")
	} else if !dnsSubdomain.ok(e.ID) {
		c.invalid("metadata.name", e.ID, dnsSubdomain.cure)
	}
	if int(int32(e.Count)) != e.Count {
		c.invalid("count", e.Count, fmt.Sprintf("use at most %d", math.MaxInt32))
	}
	return c
}
