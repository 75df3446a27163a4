package controlplane

import (
	"errors"
	"fmt"
)

// ErrSecond reports that this process already has, or had, a control plane.
var ErrSecond = errors.New("a process can have one control plane: Kubernetes keeps state for the whole process")

// ConfigError is an error that can be fixed by changing a setting. Flag is
// framework_runner's flag for the setting, without its dash.
type ConfigError struct {
	Flag string
	Err  error
}

// Error names the flag and the reason.
func (e *ConfigError) Error() string { return fmt.Sprintf("-%s: %v", e.Flag, e.Err) }

// Unwrap returns the reason.
func (e *ConfigError) Unwrap() error { return e.Err }
