// Package upgrade puts another executor program in the place of the running one
// without the Mesos agent or any pod noticing.
//
// The program is fetched, checked against its hash, tried, and then started by
// execve in this very process: the agent knows an executor by its process and by
// its ids, which stay. What the new program has to know is in a file that only
// this account can read, and that is removed as soon as it has been read. The
// file also carries the credentials that the agent gave to the first program and
// that are kept out of the environment since.
//
// A program that turns out to be bad before that changes nothing. One that the
// system refuses to start is replaced by the running one, which starts itself again
// in the same way. A program that starts and then crashes is an executor that has
// died: its containers run on, and are taken over by the agent's next executor.
package upgrade

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/go-logr/logr"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor"
)

// Programs fetches programs and starts them. It is an executor.Programs.
type Programs struct {
	// Dir is where fetched programs and handovers are put: the executor's sandbox.
	Dir string
	// Secrets are variables for the next program that are not in the environment.
	Secrets map[string]string
	// Descriptors returns the files that stay open for the next program, by name; nil: none.
	Descriptors func() map[string]int
	// Log receives that a program could not be started. The zero Logger discards it.
	Log logr.Logger
	// Flush writes out the log before this program is replaced; nil: there is nothing to write.
	Flush func()

	args []string // of this program, without its name
	self string   // path of this program
	own  func() (string, error)
	exec func(path string, args, env []string) error
}

var _ executor.Programs = (*Programs)(nil)

// self is the running program, even if its file has been removed.
const self = "/proc/self/exe"

// New returns the programs of an executor that was started with args and works
// in dir.
func New(dir string, args []string, secrets map[string]string) *Programs {
	return &Programs{
		Dir: dir, Secrets: secrets, args: args, self: self, exec: execve,
		own: sync.OnceValues(func() (string, error) { return hashOf(self) }),
	}
}

// Time limits for fetching and trying a program.
const (
	fetchTime = 10 * time.Minute
	tryTime   = 30 * time.Second
)

// hashOf returns the SHA-256 of a file, in hexadecimal.
func hashOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("reading %s: %w", path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
