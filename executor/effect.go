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
	// startNode brings the node up. It is requested once.
	startNode struct{ spec Spec }
	// deletePod deletes a pod through the API server; deletionRequested answers it.
	deletePod struct {
		ref   Ref
		grace *time.Duration
	}
	// setServers gives the node the list of API servers.
	setServers struct{ urls []string }
	// replaceProgram has another program take over, unless it is the running one.
	replaceProgram struct{ program taskdata.Program }
	// hold tells the node what the task of a pod holds; zero: it is over.
	hold struct {
		uid    string
		amount Amount
	}
	// awaitStopped waits until no container of a pod runs; containersStopped answers it.
	awaitStopped struct{ ref Ref }
)

func (update) isEffect()         {}
func (startNode) isEffect()      {}
func (deletePod) isEffect()      {}
func (setServers) isEffect()     {}
func (replaceProgram) isEffect() {}
func (hold) isEffect()           {}
func (awaitStopped) isEffect()   {}
