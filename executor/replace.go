package executor

import (
	"context"
	"fmt"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/glog"
	"github.com/kubernetes-mesos/kubernetes-mesos/podtask"
)

// A replacement is the progress towards another program taking over.
type replacement struct {
	wanted   podtask.Program // what the framework has asked for last
	fetching podtask.Program // what is being fetched; zero: nothing
	path     string          // of the program that takes over; "" until it is ready
}

// fetched is the result of fetching a program.
type fetched struct {
	program podtask.Program
	path    string // "": it is the one that runs
	err     error
}

// want fetches a program that is to take over. One that could not be fetched is tried
// again when the framework asks for it again, which it does now and then.
func (l *loop) want(work context.Context, p podtask.Program) {
	l.replace.wanted = p
	if l.cfg.Programs == nil || l.replace.fetching != (podtask.Program{}) || l.replace.path != "" {
		return
	}
	l.replace.fetching = p
	l.tasks.Go(func() {
		path, err := l.cfg.Programs.Fetch(work, p)
		l.ready <- fetched{p, path, err}
	})
}

// fetched takes in the result of want. When there is a program to go on with, the
// connection is given up, and handOver follows once the core has been told all
// that came over it.
func (l *loop) fetched(work context.Context, f fetched) {
	l.replace.fetching = podtask.Program{}
	switch {
	case f.program != l.replace.wanted: // it has changed its mind
		l.want(work, l.replace.wanted)
	case f.err != nil:
		glog.Errorf("this executor goes on as it is, as the program that the framework wants cannot take over: %v", f.err)
	case f.path != "":
		glog.Infof("handing over to %s", f.path)
		l.replace.path = f.path
		l.cfg.Mesos.Detach()
	}
}

// closing is how long the node may take to free its sockets before another
// program takes over. All that it does not stop ends with this one.
const closing = 10 * time.Second

// handOver has the other program go on in this process. No container is touched,
// and the agent sees a connection that ends and comes back.
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
