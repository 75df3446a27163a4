package convert

import (
	"encoding/json"
	"hash/fnv"
	"maps"
	"strconv"

	"k8s.io/apimachinery/pkg/util/validation"
)

// OriginalFieldsAnnotation is the annotation of a core object that keeps what its
// v1beta1 client wrote and core cannot represent. v1beta1 answers never show it. Each
// entry counts only while it agrees with the object, so a change made through core/v1
// wins over it.
const OriginalFieldsAnnotation = "kubernetes-mesos/v1beta1-as-sent"

// originals is the content of the annotation.
type originals struct {
	Containers map[string]*containerOriginals `json:"containers,omitempty"`
	// Of services.
	Protocol  string `json:"protocol,omitempty"`
	FirstPort bool   `json:"firstPort,omitempty"` // containerPort 0
	SelectAll bool   `json:"selectAll,omitempty"` // selector {}
	// Of services and containers: port names that core does not accept, by
	// their stand-ins.
	PortNames map[string]string `json:"portNames,omitempty"`
	// Of controllers.
	NoLabels bool `json:"noLabels,omitempty"`
	// Of minions: addresses of type LegacyHostIP.
	LegacyHostIPs []string `json:"legacyHostIPs,omitempty"`
}

// containerOriginals is the part of originals for one container.
type containerOriginals struct {
	Protocols map[int]string             `json:"protocols,omitempty"` // by index in ports
	Ports     map[string]string          `json:"ports,omitempty"`     // numeric text, by place of the handler
	Probes    map[string]*probeOriginals `json:"probes,omitempty"`
	Requests  []string                   `json:"requests,omitempty"` // stated, though equal to the limit
	PortNames map[string]string          `json:"portNames,omitempty"`
}

// probeOriginals holds a probe's members of July 2014.
type probeOriginals struct {
	Enabled *bool  `json:"enabled,omitempty"`
	Type    string `json:"type,omitempty"`
}

func (a *originals) container(name string) *containerOriginals {
	if c := a.Containers[name]; c != nil {
		return c
	}
	return &containerOriginals{}
}

// keep adds a container's original fields unless there are none.
func (a *originals) keep(name string, c *containerOriginals) {
	if c.Protocols == nil && c.Ports == nil && c.Probes == nil && c.Requests == nil && c.PortNames == nil {
		return
	}
	if a.Containers == nil {
		a.Containers = map[string]*containerOriginals{}
	}
	a.Containers[name] = c
}

// readOriginals reads the annotation. If it is absent or unreadable, there are no
// original fields.
func readOriginals(annotations map[string]string) *originals {
	var a originals
	text, ok := annotations[OriginalFieldsAnnotation]
	if !ok {
		return &a
	}
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		return &originals{}
	}
	return &a
}

// write stores the original fields in annotations and returns them; without any, there
// is no annotation.
func (a *originals) write(annotations map[string]string) map[string]string {
	text, err := json.Marshal(a)
	if err != nil { // string maps cannot fail
		return annotations
	}
	if string(text) == "{}" {
		if _, ok := annotations[OriginalFieldsAnnotation]; ok {
			annotations = withoutOriginals(annotations)
		}
		return annotations
	}
	if annotations[OriginalFieldsAnnotation] == string(text) {
		return annotations
	}
	out := maps.Clone(annotations)
	if out == nil {
		out = map[string]string{}
	}
	out[OriginalFieldsAnnotation] = string(text)
	return out
}

// withoutOriginals returns the annotations that v1beta1 shows.
func withoutOriginals(annotations map[string]string) map[string]string {
	if _, ok := annotations[OriginalFieldsAnnotation]; !ok {
		return annotations
	}
	if len(annotations) == 1 {
		return nil
	}
	out := maps.Clone(annotations)
	delete(out, OriginalFieldsAnnotation)
	return out
}

// mergeAnnotations returns the client's annotations with the stored original fields, which
// write updates later.
func mergeAnnotations(sent, stored map[string]string) map[string]string {
	sent = withoutOriginals(sent) // only we write it
	original, ok := stored[OriginalFieldsAnnotation]
	if !ok {
		return replaceMap(sent, stored)
	}
	out := maps.Clone(sent)
	if out == nil {
		out = map[string]string{}
	}
	out[OriginalFieldsAnnotation] = original
	if maps.Equal(out, stored) {
		return stored
	}
	return out
}

// corePortName returns the name that core uses for a port's name: the name itself,
// or a stand-in if core refuses it (longer than 15 characters, or without a
// letter). The stand-in depends only on the name, so a service finds its pods'
// port.
func corePortName(name string) string {
	if name == "" || len(validation.IsValidPortName(name)) == 0 {
		return name
	}
	h := fnv.New64a()
	h.Write([]byte(name))
	sum := strconv.FormatUint(h.Sum64(), 36)
	return "n" + sum[:min(len(sum), 14)]
}

// rememberName records the use of a stand-in.
func rememberName(names map[string]string, name string) map[string]string {
	c := corePortName(name)
	if c == name {
		return names
	}
	if names == nil {
		names = map[string]string{}
	}
	names[c] = name
	return names
}

// wirePortName returns the name that v1beta1 shows.
func wirePortName(names map[string]string, core string) string {
	if n, ok := names[core]; ok && corePortName(n) == core {
		return n
	}
	return core
}
