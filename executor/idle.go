package executor

import (
	"context"
	"time"
)

// idleness measures how long there has been nothing to do.
type idleness struct {
	timer *time.Timer // nil: there is something to do, or the executor stays
}

// watch checks the core after each event.
func (i *idleness) watch(c *core) {
	switch timeout := c.idleTimeout(); {
	case !c.idle() || timeout <= 0:
		i.stop()
	case i.timer == nil:
		i.timer = time.NewTimer(timeout)
	}
}

// over returns a channel that yields when idleness has lasted long enough.
func (i *idleness) over() <-chan time.Time {
	if i.timer == nil {
		return nil
	}
	return i.timer.C
}

func (i *idleness) stop() {
	if i.timer != nil {
		i.timer.Stop()
		i.timer = nil
	}
}

// quits reports whether an executor with nothing to do may end: when the agent owes
// it no acknowledgement. If not, the idle time starts again.
//
// A task that the agent sends now is not lost. It ends with the executor before we
// send any status, and the framework launches its pod again.
func (l *loop) quits() bool {
	at, cancel := context.WithCancel(context.Background())
	cancel()
	if l.cfg.Mesos.Flush(at) == nil {
		return true
	}
	l.idle.stop()
	return false
}
