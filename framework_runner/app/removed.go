package app

import (
	"errors"
	"fmt"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework"
)

// explainRemoval adds to the error of a framework that Mesos has removed the flag that
// lets a new one begin.
func explainRemoval(err error) error {
	if removed := (*framework.RemovedError)(nil); errors.As(err, &removed) {
		return fmt.Errorf("%w: start framework_runner once with -new_framework_id", err)
	}
	return err
}
