package controlplane

import (
	"errors"
	"fmt"
)

// ErrSecond says that this process has had its control plane.
var ErrSecond = errors.New("a process can have one control plane: Kubernetes keeps state for the whole process")

// ConfigError is an error that another setting cures. Flag is the flag of
// framework_runner that stands for the setting, without its dash.
type ConfigError struct {
	Flag string
	Err  error
}

// Error names the flag and the reason.
func (e *ConfigError) Error() string { return fmt.Sprintf("-%s: %v", e.Flag, e.Err) }

// Unwrap returns the reason.
func (e *ConfigError) Unwrap() error { return e.Err }
