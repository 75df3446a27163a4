// Framework_runner hosts the Kubernetes API and runs its pods on a Mesos
// cluster. Flags become configuration here and the parts are wired; what they
// do is written in their packages.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

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

func main() { os.Exit(command(os.Args[1:])) }

// command parses, runs and turns the outcome into an exit code.
func command(args []string) int {
	logging.Init()
	o, err := parse(args, os.Stdout)
	if errors.Is(err, flag.ErrHelp) {
		return exitOK
	}
	if err != nil {
		return complain(usageError{err})
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
