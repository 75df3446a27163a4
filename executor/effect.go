package executor

import (
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// An effect is something that the core wants done.
type effect interface{ isEffect() }

type (
	// update reports a status to Mesos.
	update struct{ status *mesospb.TaskStatus }
	// start brings the node up. It is requested once.
	start struct{ spec Spec }
	// remove deletes a pod through the API server; removed answers it.
	remove struct {
		ref   Ref
		grace *time.Duration
	}
	// servers gives the node the list of API servers.
	servers struct{ urls []string }
	// replace has another program take over, unless it is the running one.
	replace struct{ program taskdata.Program }
	// await waits until no container of a pod runs; gone answers it.
	await struct{ ref Ref }
)

func (update) isEffect()  {}
func (start) isEffect()   {}
func (remove) isEffect()  {}
func (servers) isEffect() {}
func (replace) isEffect() {}
func (await) isEffect()   {}
