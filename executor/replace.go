package executor

import (
	"context"
	"fmt"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
)

// A replacement is the progress of a takeover by another program.
type replacement struct {
	requested taskdata.Program // the framework's latest request
	fetching  taskdata.Program // being fetched; zero: none
	path      string           // of the program that takes over; "" until it is ready
	ready     chan fetched
}

func newReplacement() replacement { return replacement{ready: make(chan fetched, 1)} }

// fetched is the result of fetching a program.
type fetched struct {
	program taskdata.Program
	path    string // "": it is the running one
	err     error
}

// requestProgram fetches a program that is to take over. After a failure it is fetched
// again when the framework asks for it again, which it does now and then.
func (l *loop) requestProgram(work context.Context, p taskdata.Program) {
	l.programs.requested = p
	if l.cfg.Programs == nil || l.programs.fetching != (taskdata.Program{}) || l.programs.path != "" {
		return
	}
	l.programs.fetching = p
	l.tasks.Go(func() {
		path, err := l.cfg.Programs.Fetch(work, p)
		l.programs.ready <- fetched{p, path, err}
	})
}

// programFetched handles the result of requestProgram. If there is a program to hand over
// to, it detaches the connection; handOver follows once the core has processed all that
// came over it.
func (l *loop) programFetched(work context.Context, f fetched) {
	l.programs.fetching = taskdata.Program{}
	switch {
	case f.program != l.programs.requested: // the framework has changed its mind
		l.requestProgram(work, l.programs.requested)
	case f.err != nil:
		l.log.Error(f.err, "keeping this program, as the one that the framework requests cannot take over")
	case f.path != "":
		l.log.Info("handing over to another program", "path", f.path)
		l.programs.path = f.path
		l.cfg.Mesos.Detach()
	}
}

// closeTime is how long the node may take to free its sockets before another program
// takes over. What it does not stop ends with this program.
const closeTime = 10 * time.Second

// handOver starts the other program in this process, after work has ended. No container
// is touched, and the agent only sees its connection end and come back.
func (l *loop) handOver() error {
	quiet := make(chan struct{})
	go func() { defer close(quiet); l.tasks.Wait() }()
	select {
	case <-quiet:
	case <-time.After(closeTime):
		l.log.Info("replacing this program, although parts of it have not ended in time", "time", closeTime)
	}
	owed, err := l.cfg.Mesos.Unacknowledged()
	if err != nil {
		return err
	}
	state, err := l.core.marshal(owed)
	if err != nil {
		return err
	}
	return fmt.Errorf("no program could be started; containers are left for the next executor: %w",
		l.cfg.Programs.Start(l.programs.path, state))
}
