// Package spec translates between the kubelet's runtime interface (CRI) and Docker's API:
// a sandbox's or container's configuration to what Docker is asked to create, and
// Docker's description of a container back to a status. It is pure: it makes no call and
// reads no file, so tables test it.
//
// It also owns the labels by which containers are recognised (label.go): whose they are,
// and what the shim must know of them after a restart.
//
// What Docker cannot do is refused by an InvalidError that names the reason; no part of
// a configuration is left out silently.
package spec

import "fmt"

// InvalidError means that a pod asks for something that Docker cannot provide. The pod
// must be changed; trying again does not help.
type InvalidError struct{ reason string }

func (e *InvalidError) Error() string { return e.reason }

// Invalid returns an InvalidError with a reason.
func Invalid(format string, args ...any) error {
	return &InvalidError{fmt.Sprintf(format, args...)}
}
