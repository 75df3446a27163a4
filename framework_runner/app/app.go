// Package app is framework_runner as a library: [Main] with [WithPlugin] makes a
// framework_runner of one's own, as examples/scheduler-plugin shows. Flags become
// configuration here and the parts are wired; what they do is written in their packages.
package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/schedulerplugins"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/logging"
)

// The exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2 // something that another flag or a free port would cure
)

// usageError is an error that the user of the program can fix.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

// Option is what a program has in addition to framework_runner.
type Option func(*schedulingFlags)

// WithPlugin adds a plugin of Kubernetes' scheduler framework. It decides about the pods of
// those profiles of -scheduler_config that enable it; what is asked of it is in the
// documentation of [schedulerplugins.Own].
func WithPlugin(name string, factory schedulerplugins.Factory) Option {
	return func(s *schedulingFlags) { s.plugins[name] = factory }
}

// Main runs the program with these arguments until it is told to end, and returns its exit
// code. It is for a function main to call, once.
func Main(args []string, with ...Option) int {
	logging.Init()
	o, err := parse(args, os.Stdout)
	if errors.Is(err, flag.ErrHelp) {
		return exitOK
	}
	if err != nil {
		return complain(usageError{err})
	}
	o.scheduling.plugins = schedulerplugins.Own{}
	for _, add := range with {
		add(&o.scheduling)
	}
	logging.RouteKlog()
	defer logging.Flush()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		logging.Flush()
		return complain(err)
	}
	return exitOK
}

// complain prints the error as one line and returns its exit code.
func complain(err error) int {
	fmt.Fprintln(os.Stderr, "framework_runner:", logging.Quote(err.Error()))
	if u := (usageError{}); errors.As(err, &u) {
		return exitUsage
	}
	return exitFailed
}
