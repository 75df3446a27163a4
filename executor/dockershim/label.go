package dockershim

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// The labels of our containers. The kubelet's labels and annotations go into one label
// each, as JSON: Docker adds the image's own labels to a container's, and these must
// not be returned as the pod's.
const (
	labelFramework   = "kubernetes-mesos.framework"
	labelAgent       = "kubernetes-mesos.agent"
	labelType        = "kubernetes-mesos.type" // typeSandbox or typeContainer
	labelSandbox     = "kubernetes-mesos.sandbox"
	labelPod         = "kubernetes-mesos.pod"
	labelNamespace   = "kubernetes-mesos.namespace"
	labelUID         = "kubernetes-mesos.uid"
	labelContainer   = "kubernetes-mesos.container"
	labelAttempt     = "kubernetes-mesos.attempt"
	labelImage       = "kubernetes-mesos.image"    // as the pod names it
	labelImageID     = "kubernetes-mesos.image-id" // at the container's creation
	labelLog         = "kubernetes-mesos.log"      // where the kubelet looks for the log
	labelHandler     = "kubernetes-mesos.handler"
	labelLabels      = "kubernetes-mesos.labels"
	labelAnnotations = "kubernetes-mesos.annotations"
	labelSpec        = "kubernetes-mesos.spec" // digest of the container's configuration

	typeSandbox   = "sandbox"
	typeContainer = "container"
)

// record holds the labels of one of our containers.
type record struct {
	Type        string
	Sandbox     string // id of its sandbox; containers only
	Pod         string
	Namespace   string
	UID         string
	Container   string // containers only
	Attempt     uint32
	Image       string
	ImageID     string
	Log         string
	Handler     string
	Spec        string
	Labels      map[string]string
	Annotations map[string]string
}

// labels encodes r as the labels of a container of o.
func (o Owner) labels(r record) map[string]string {
	m := map[string]string{
		labelFramework:   o.Framework,
		labelAgent:       o.Agent,
		labelType:        r.Type,
		labelPod:         r.Pod,
		labelNamespace:   r.Namespace,
		labelUID:         r.UID,
		labelAttempt:     strconv.FormatUint(uint64(r.Attempt), 10),
		labelLabels:      encodeMap(r.Labels),
		labelAnnotations: encodeMap(r.Annotations),
	}
	for key, value := range map[string]string{
		labelSandbox:   r.Sandbox,
		labelContainer: r.Container,
		labelImage:     r.Image,
		labelImageID:   r.ImageID,
		labelLog:       r.Log,
		labelHandler:   r.Handler,
		labelSpec:      r.Spec,
	} {
		if value != "" {
			m[key] = value
		}
	}
	return m
}

// read is the reverse of labels. It returns false for containers that are not o's.
func (o Owner) read(labels map[string]string) (record, bool) {
	if labels[labelFramework] != o.Framework || labels[labelAgent] != o.Agent {
		return record{}, false
	}
	kind := labels[labelType]
	attempt, err := strconv.ParseUint(labels[labelAttempt], 10, 32)
	if err != nil || kind != typeSandbox && kind != typeContainer {
		return record{}, false
	}
	return record{
		Type:        kind,
		Sandbox:     labels[labelSandbox],
		Pod:         labels[labelPod],
		Namespace:   labels[labelNamespace],
		UID:         labels[labelUID],
		Container:   labels[labelContainer],
		Attempt:     uint32(attempt),
		Image:       labels[labelImage],
		ImageID:     labels[labelImageID],
		Log:         labels[labelLog],
		Handler:     labels[labelHandler],
		Spec:        labels[labelSpec],
		Labels:      decodeMap(labels[labelLabels]),
		Annotations: decodeMap(labels[labelAnnotations]),
	}, true
}

// filters returns Docker's list filters for o's containers that also have these labels.
func (o Owner) filters(more ...string) map[string][]string {
	return map[string][]string{"label": append([]string{
		labelFramework + "=" + o.Framework,
		labelAgent + "=" + o.Agent,
	}, more...)}
}

// name returns the container's name, in the format described in the package comment.
func (r record) name() string {
	if r.Type == typeSandbox {
		return fmt.Sprintf("k8s--net--%s--%s--%s--pod%d", r.Pod, r.Namespace, r.UID, r.Attempt)
	}
	return fmt.Sprintf("k8s--%s--%s--%s--%s--%d", r.Container, r.Pod, r.Namespace, r.UID, r.Attempt)
}

// String names r in errors and log lines.
func (r record) String() string {
	if r.Type == typeSandbox {
		return fmt.Sprintf("sandbox of pod %s/%s", r.Namespace, r.Pod)
	}
	return fmt.Sprintf("container %s of pod %s/%s", r.Container, r.Namespace, r.Pod)
}

func encodeMap[T string | []string](m map[string]T) string {
	b, err := json.Marshal(m)
	if err != nil { // cannot happen: strings always have a JSON form
		panic(err)
	}
	return string(b)
}

// decodeMap returns nil if s is not a map; only our own labels are decoded.
func decodeMap(s string) map[string]string {
	var m map[string]string
	if json.Unmarshal([]byte(s), &m) != nil {
		return nil
	}
	return m
}
