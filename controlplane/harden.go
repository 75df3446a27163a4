package controlplane

import (
	"fmt"
	"os"
	"path/filepath"

	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"

	"github.com/kubernetes-mesos/kubernetes-mesos/controlplane/pki"
)

// hardening holds the files that configure what the API server refuses, records and
// encrypts. It takes such settings only from files, so they are written at each
// start.
type hardening struct {
	admission   string
	auditPolicy string
	encryption  string
}

// writeHardening writes the files that s asks for into DataDir/apiserver. key
// is the content of the key for secrets.
func writeHardening(s resolved, key []byte) (hardening, error) {
	dir := filepath.Join(s.DataDir, "apiserver")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return hardening{}, fmt.Errorf("settings of the API server: %w", err)
	}
	h := hardening{encryption: filepath.Join(dir, "encryption.json")}
	contents := map[string]any{h.encryption: encryptionConfiguration(key, s.EncryptSecrets)}
	if s.PodSecurity != "" {
		h.admission = filepath.Join(dir, "admission.json")
		contents[h.admission] = podSecurityConfiguration(s.PodSecurity)
	}
	if s.AuditLog != "" {
		h.auditPolicy = filepath.Join(dir, "audit-policy.json")
		contents[h.auditPolicy] = auditPolicy()
	}
	for path, content := range contents {
		if err := pki.WriteFile(path, asJSON(content), 0o600); err != nil {
			return hardening{}, err
		}
	}
	return h, nil
}

// apply configures the API server to use the files.
func (h hardening) apply(o *options.ServerRunOptions, s resolved) {
	o.Etcd.EncryptionProviderConfigFilepath = h.encryption
	o.Admission.GenericAdmission.ConfigFile = h.admission
	if s.DenyExternalIPs {
		o.Admission.GenericAdmission.EnablePlugins = append(o.Admission.GenericAdmission.EnablePlugins, "DenyServiceExternalIPs")
	}
	if s.UnenforcedPolicies != "" {
		warnOfPolicies(o, s.UnenforcedPolicies)
	}
	if s.AuditLog != "" {
		o.Audit.PolicyFile = h.auditPolicy
		o.Audit.LogOptions.Path = s.AuditLog
		o.Audit.LogOptions.MaxSize = auditMegabytes
		o.Audit.LogOptions.MaxBackups = auditBackups
		o.Audit.LogOptions.MaxAge = 0 // old logs are removed by number only
	}
}
