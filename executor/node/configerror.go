package node

import "fmt"

// ConfigError is an error that another value of a setting would avoid. Setting is its name
// in lower case with underscores: root_dir or node_address.
type ConfigError struct {
	Setting string
	Err     error
}

// Error names the setting and the reason.
func (e *ConfigError) Error() string { return fmt.Sprintf("%s: %v", e.Setting, e.Err) }

// Unwrap returns the reason.
func (e *ConfigError) Unwrap() error { return e.Err }

// The settings whose values may turn out to be wrong.
const (
	rootDir     = "root_dir"
	nodeAddress = "node_address"
)

func badSetting(setting, format string, args ...any) error {
	return &ConfigError{setting, fmt.Errorf(format, args...)}
}
