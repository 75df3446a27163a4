package executor

import (
	"context"
	"fmt"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/glog"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
)

// A replacement is the progress of a takeover by another program.
type replacement struct {
	wanted   taskdata.Program // the framework's latest request
	fetching taskdata.Program // being fetched; zero: none
	path     string           // of the program that takes over; "" until it is ready
}

// fetched is the result of fetching a program.
type fetched struct {
	program taskdata.Program
	path    string // "": it is the running one
	err     error
}

// want fetches a program that is to take over. After a failure it is fetched again when
// the framework asks for it again, which it does now and then.
func (l *loop) want(work context.Context, p taskdata.Program) {
	l.replace.wanted = p
	if l.cfg.Programs == nil || l.replace.fetching != (taskdata.Program{}) || l.replace.path != "" {
		return
	}
	l.replace.fetching = p
	l.tasks.Go(func() {
		path, err := l.cfg.Programs.Fetch(work, p)
		l.ready <- fetched{p, path, err}
	})
}

// fetched handles the result of want. If there is a program to hand over to, it
// detaches the connection; handOver follows once the core has processed all that
// came over it.
func (l *loop) fetched(work context.Context, f fetched) {
	l.replace.fetching = taskdata.Program{}
	switch {
	case f.program != l.replace.wanted: // the framework has changed its mind
		l.want(work, l.replace.wanted)
	case f.err != nil:
		glog.Errorf("this executor goes on as it is, as the program that the framework wants cannot take over: %v", f.err)
	case f.path != "":
		glog.Infof("handing over to %s", f.path)
		l.replace.path = f.path
		l.cfg.Mesos.Detach()
	}
}

// closing is how long the node may take to free its sockets before another program
// takes over. What it does not stop ends with this program.
const closing = 10 * time.Second

// handOver starts the other program in this process. No container is touched, and
// the agent only sees its connection end and come back.
func (l *loop) handOver(stop context.CancelFunc) error {
	close(l.closed)
	stop()
	quiet := make(chan struct{})
	go func() { defer close(quiet); l.tasks.Wait() }()
	select {
	case <-quiet:
	case <-time.After(closing):
		glog.Warningf("not everything of this program has ended within %v; it ends now", closing)
	}
	owed, err := l.cfg.Mesos.Owed()
	if err != nil {
		return err
	}
	memory, err := l.core.remembers(owed)
	if err != nil {
		return err
	}
	return fmt.Errorf("nobody could take over; containers are left for the next executor: %w",
		l.cfg.Programs.Start(l.replace.path, memory))
}
