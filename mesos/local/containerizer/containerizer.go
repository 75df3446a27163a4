// Package containerizer starts executors as an agent's containerizer does: it makes a
// sandbox, fetches into it, runs the program in a session of its own, and kills what is
// left of that session when the program has ended. It isolates nothing. It knows nothing
// of agents and frameworks, and is safe for concurrent use.
package containerizer

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/fetcher"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// A Containerizer starts executors. It owns the fetcher's cache, and removes what it
// fetched into a sandbox when the executor has ended; stdout and stderr stay.
type Containerizer struct{ fetcher *fetcher.Fetcher }

// New returns a Containerizer with its cache below workDir.
func New(workDir string) *Containerizer {
	return &Containerizer{fetcher.New(filepath.Join(workDir, "fetch"))}
}

// A Container is everything needed to start an executor.
type Container struct {
	Directory string // its sandbox, made by Run
	Command   *mesospb.CommandInfo
	Env       map[string]string // all of it
	User      string            // an account; "" is that of this process
	Host      string            // a directory of namespaces that it runs in; "": this process's
	FailFetch bool              // the fetch fails, as a fault
}

// A SandboxError says that there is no sandbox, so nothing could be fetched.
type SandboxError struct {
	Directory string
	Err       error
}

// Error names the directory.
func (e *SandboxError) Error() string {
	return fmt.Sprintf("Failed to create executor directory '%s': %v", e.Directory, e.Err)
}

// Unwrap returns the reason.
func (e *SandboxError) Unwrap() error { return e.Err }

// Run runs an executor until no process in its session is left, and returns its wait
// status. It calls begun when the program runs, and kills it when ctx ends. An error
// means that it was never started; unless it is a *SandboxError, the reason is also in
// the sandbox's stderr.
func (c *Containerizer) Run(ctx context.Context, x Container, begun func(*Process)) (status int32, err error) {
	owner, err := lookUp(x.User)
	if err == nil {
		err = makeSandbox(x.Directory, owner)
	}
	if err != nil {
		return 0, &SandboxError{x.Directory, err}
	}
	fetched, err := c.fetcher.Fetch(ctx, fetcher.Request{Directory: x.Directory, User: x.User, URIs: x.Command.GetUris(), Own: owner.own})
	defer removeAll(fetched)
	if err == nil && x.FailFetch {
		err = errors.New("fault: this fetch fails")
	}
	if err != nil {
		complain(x.Directory, err)
		return 0, fmt.Errorf("Failed to fetch all URIs: %w", err) // as Mesos words it
	}
	p, err := start(x, owner)
	if err != nil {
		complain(x.Directory, err)
		return 0, err
	}
	begun(p)
	defer context.AfterFunc(ctx, p.kill)()
	return p.wait(), nil
}
