package controlplane

import (
	"errors"
	"fmt"
)

// ErrSecond reports that this process already has, or had, a control plane.
var ErrSecond = errors.New("a process can have one control plane: Kubernetes keeps state for the whole process")

// ConfigError is an error that can be fixed by changing a setting. Setting is its name
// in lower case with underscores, such as data_dir for Config.DataDir.
type ConfigError struct {
	Setting string
	Err     error
}

// Error names the setting and the reason.
func (e *ConfigError) Error() string { return fmt.Sprintf("%s: %v", e.Setting, e.Err) }

// Unwrap returns the reason.
func (e *ConfigError) Unwrap() error { return e.Err }
