package controlplane

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// podSecurityLevels are Kubernetes' Pod Security Standards, strictest last.
var podSecurityLevels = []string{"privileged", "baseline", "restricted"}

// resolvePodSecurity rejects a value that is not a level.
func (s *resolved) resolvePodSecurity() error {
	if s.PodSecurity != "" && !slices.Contains(podSecurityLevels, s.PodSecurity) {
		return &ConfigError{"pod_security", fmt.Errorf("%q is not one of %s", s.PodSecurity, strings.Join(podSecurityLevels, ", "))}
	}
	return nil
}

// podSecurityConfiguration applies level to every namespace without its own label
// (pod-security.kubernetes.io/enforce).
func podSecurityConfiguration(level string) any {
	return object{
		"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AdmissionConfiguration",
		"plugins": []object{{
			"name": "PodSecurity",
			"configuration": object{
				"apiVersion": "pod-security.admission.config.k8s.io/v1", "kind": "PodSecurityConfiguration",
				"defaults": object{"enforce": level, "warn": level, "audit": level},
			},
		}},
	}
}

// object is a Kubernetes configuration object in JSON form.
type object map[string]any

// asJSON encodes a value that consists only of plain values.
func asJSON(content any) []byte {
	b, err := json.MarshalIndent(content, "", "  ")
	if err != nil {
		panic(err) // a value without a JSON form is a bug in this package
	}
	return append(b, '\n')
}
