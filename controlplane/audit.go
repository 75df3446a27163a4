package controlplane

import (
	"os"
	"path/filepath"
)

const (
	// auditMegabytes is the size at which the audit log is rotated.
	auditMegabytes = 100
	// auditBackups is how many rotated logs are kept.
	auditBackups = 10
)

// resolveAudit creates the audit log, private to its owner, if it is missing, so an
// unwritable path is found before anything runs.
func (s *resolved) resolveAudit() error {
	if s.AuditLog == "" {
		return nil
	}
	path, err := filepath.Abs(s.AuditLog)
	if err != nil {
		return &ConfigError{"audit_log", err}
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return &ConfigError{"audit_log", err}
	}
	s.AuditLog = path
	return f.Close()
}

// auditPolicy logs one line per request when it is answered: who did what to which
// object, and the response code. No line contains a body: besides secrets and
// tokens, pods carry passwords in their environment. Requests that say nothing
// about what a user did are left out.
func auditPolicy() any {
	none := func(rule object) object { rule["level"] = "None"; return rule }
	return object{
		"apiVersion": "audit.k8s.io/v1", "kind": "Policy",
		"omitStages": []string{"RequestReceived"},
		"rules": []object{
			none(object{"nonResourceURLs": []string{"/healthz*", "/livez*", "/readyz*", "/version"}}),
			none(object{"resources": []object{{"group": "coordination.k8s.io", "resources": []string{"leases"}}}}),
			none(object{"resources": []object{{"group": "", "resources": []string{"events"}}, {"group": "events.k8s.io", "resources": []string{"events"}}}}),
			{"level": "Metadata"},
		},
	}
}
