package controlplane

import (
	"os"
	"path/filepath"
)

const (
	// auditMegabytes is how large the audit log becomes before another begins.
	auditMegabytes = 100
	// auditBackups is how many full ones are kept next to it.
	auditBackups = 10
)

// settleAudit makes the audit log when it is missing, closed to others, so that
// a path that cannot be written shows before anything runs.
func (s *settled) settleAudit() error {
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

// auditPolicy has one line written for each request when it is answered: who
// did what to which object, and the answer's code. No line holds a body: not
// only secrets and tokens are secret, pods carry passwords in their environment.
// Requests that say nothing about what a user did are left out.
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
