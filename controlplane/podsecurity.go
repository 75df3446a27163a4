package controlplane

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// podSecurityLevels are Kubernetes' Pod Security Standards, the strictest last.
var podSecurityLevels = []string{"privileged", "baseline", "restricted"}

// settlePodSecurity refuses what is not a level.
func (s *settled) settlePodSecurity() error {
	if s.PodSecurity != "" && !slices.Contains(podSecurityLevels, s.PodSecurity) {
		return &ConfigError{"pod_security", fmt.Errorf("%q is not one of %s", s.PodSecurity, strings.Join(podSecurityLevels, ", "))}
	}
	return nil
}

// podSecurityConfiguration makes level the one of every namespace that has no
// label of its own (pod-security.kubernetes.io/enforce).
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

// object is one of Kubernetes' configuration objects, as JSON has it.
type object map[string]any

// asJSON writes what is made of plain values only.
func asJSON(content any) []byte {
	b, err := json.MarshalIndent(content, "", "  ")
	if err != nil {
		panic(err) // a value that no JSON can say is a mistake of this package
	}
	return append(b, '\n')
}
