package e2e

import (
	"fmt"
	"os"
	"sync"
	"testing"
	"time"
)

// A fault test states what is promised for a fault, and what was measured. `make faults`
// shows both side by side; docs/faults.md explains them.

// promises holds the promises of the tests that have run, in order.
var promises struct {
	sync.Mutex
	all []*promise
}

// promise is a line of the table.
type promise struct {
	fault, promised string
	measured        []string
	kept            bool
}

// promised begins the line of a fault test.
func promised(t *testing.T, fault, text string) *promise {
	p := &promise{fault: fault, promised: text}
	promises.Lock()
	promises.all = append(promises.all, p)
	promises.Unlock()
	t.Cleanup(func() { p.kept = !t.Failed() && !t.Skipped() })
	return p
}

// measure adds a measurement.
func (p *promise) measure(format string, args ...any) {
	p.measured = append(p.measured, fmt.Sprintf(format, args...))
}

// since returns the elapsed time, rounded for the table.
func since(began time.Time) time.Duration { return time.Since(began).Round(100 * time.Millisecond) }

// printPromises shows the table, if there is one and the run is verbose.
func printPromises() {
	if len(promises.all) == 0 || !testing.Verbose() {
		return
	}
	for _, p := range promises.all {
		verdict := "kept"
		if !p.kept {
			verdict = "BROKEN"
		}
		fmt.Fprintf(os.Stdout, "\n%s: %s\n  promised: %s\n", p.fault, verdict, p.promised)
		for _, m := range p.measured {
			fmt.Fprintf(os.Stdout, "  measured: %s\n", m)
		}
	}
}
