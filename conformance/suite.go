// Package conformance keeps what Kubernetes' own test suite needs in a module of its own,
// out of the one that the programs are built from.
package conformance

import (
	_ "k8s.io/kubernetes/test/e2e"
)
