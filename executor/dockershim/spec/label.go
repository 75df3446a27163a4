package spec

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// The labels of our containers. The kubelet's labels and annotations go into one label
// each, as JSON: Docker adds the image's own labels to a container's, and these must
// not be returned as the pod's.
const (
	LabelFramework   = "kubernetes-mesos.framework"
	LabelAgent       = "kubernetes-mesos.agent"
	LabelType        = "kubernetes-mesos.type" // TypeSandbox or TypeContainer
	LabelSandbox     = "kubernetes-mesos.sandbox"
	LabelPod         = "kubernetes-mesos.pod"
	LabelNamespace   = "kubernetes-mesos.namespace"
	LabelUID         = "kubernetes-mesos.uid"
	LabelContainer   = "kubernetes-mesos.container"
	LabelAttempt     = "kubernetes-mesos.attempt"
	LabelImage       = "kubernetes-mesos.image"    // as the pod names it
	LabelImageID     = "kubernetes-mesos.image-id" // at the container's creation
	LabelLog         = "kubernetes-mesos.log"      // where the kubelet looks for the log
	LabelHandler     = "kubernetes-mesos.handler"
	LabelLabels      = "kubernetes-mesos.labels"
	LabelAnnotations = "kubernetes-mesos.annotations"
	LabelAddresses   = "kubernetes-mesos.addresses" // of a sandbox that we connect, separated by commas
	LabelSpec        = "kubernetes-mesos.spec"      // digest of the container's configuration
)

// The values of LabelType.
const (
	TypeSandbox   = "sandbox"
	TypeContainer = "container"
)

// Owner identifies the owner of containers: one framework on one agent.
type Owner struct {
	Framework string // Mesos framework id
	Agent     string // Mesos agent id
}

// Record holds what the labels of one of our containers say.
type Record struct {
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
	Addresses   []netip.Addr // sandboxes that we connect only
}

// Labels encodes r as the labels of a container of o.
func (o Owner) Labels(r Record) map[string]string {
	m := map[string]string{
		LabelFramework:   o.Framework,
		LabelAgent:       o.Agent,
		LabelType:        r.Type,
		LabelPod:         r.Pod,
		LabelNamespace:   r.Namespace,
		LabelUID:         r.UID,
		LabelAttempt:     strconv.FormatUint(uint64(r.Attempt), 10),
		LabelLabels:      encodeMap(r.Labels),
		LabelAnnotations: encodeMap(r.Annotations),
	}
	for key, value := range map[string]string{
		LabelSandbox:   r.Sandbox,
		LabelContainer: r.Container,
		LabelImage:     r.Image,
		LabelImageID:   r.ImageID,
		LabelLog:       r.Log,
		LabelHandler:   r.Handler,
		LabelSpec:      r.Spec,
		LabelAddresses: joinAddresses(r.Addresses),
	} {
		if value != "" {
			m[key] = value
		}
	}
	return m
}

// Read is the reverse of Labels. It returns false for containers that are not o's.
func (o Owner) Read(labels map[string]string) (Record, bool) {
	if labels[LabelFramework] != o.Framework || labels[LabelAgent] != o.Agent {
		return Record{}, false
	}
	kind := labels[LabelType]
	attempt, err := strconv.ParseUint(labels[LabelAttempt], 10, 32)
	if err != nil || kind != TypeSandbox && kind != TypeContainer {
		return Record{}, false
	}
	return Record{
		Type:        kind,
		Sandbox:     labels[LabelSandbox],
		Pod:         labels[LabelPod],
		Namespace:   labels[LabelNamespace],
		UID:         labels[LabelUID],
		Container:   labels[LabelContainer],
		Attempt:     uint32(attempt),
		Image:       labels[LabelImage],
		ImageID:     labels[LabelImageID],
		Log:         labels[LabelLog],
		Handler:     labels[LabelHandler],
		Spec:        labels[LabelSpec],
		Labels:      decodeMap(labels[LabelLabels]),
		Annotations: decodeMap(labels[LabelAnnotations]),
		Addresses:   splitAddresses(labels[LabelAddresses]),
	}, true
}

// Filters returns Docker's list filters for o's containers that also have these labels.
func (o Owner) Filters(more ...string) map[string][]string {
	return map[string][]string{"label": append([]string{
		LabelFramework + "=" + o.Framework,
		LabelAgent + "=" + o.Agent,
	}, more...)}
}

// SandboxMetadata returns the CRI's name of a sandbox.
func (r Record) SandboxMetadata() *runtimeapi.PodSandboxMetadata {
	return &runtimeapi.PodSandboxMetadata{Name: r.Pod, Namespace: r.Namespace, Uid: r.UID, Attempt: r.Attempt}
}

// ContainerMetadata returns the CRI's name of a container.
func (r Record) ContainerMetadata() *runtimeapi.ContainerMetadata {
	return &runtimeapi.ContainerMetadata{Name: r.Container, Attempt: r.Attempt}
}

// name returns the container's name in Docker, in the format that the package comment
// of dockershim describes.
func (r Record) name() string {
	if r.Type == TypeSandbox {
		return fmt.Sprintf("k8s--net--%s--%s--%s--pod%d", r.Pod, r.Namespace, r.UID, r.Attempt)
	}
	return fmt.Sprintf("k8s--%s--%s--%s--%s--%d", r.Container, r.Pod, r.Namespace, r.UID, r.Attempt)
}

// String names r in errors and log lines.
func (r Record) String() string {
	if r.Type == TypeSandbox {
		return fmt.Sprintf("sandbox of pod %s/%s", r.Namespace, r.Pod)
	}
	return fmt.Sprintf("container %s of pod %s/%s", r.Container, r.Namespace, r.Pod)
}

func encodeMap(m map[string]string) string {
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

func joinAddresses(all []netip.Addr) string {
	var texts []string
	for _, a := range all {
		texts = append(texts, a.String())
	}
	return strings.Join(texts, ",")
}

// splitAddresses is the reverse of joinAddresses; only our own labels are split.
func splitAddresses(s string) []netip.Addr {
	var all []netip.Addr
	for text := range strings.SplitSeq(s, ",") {
		if a, err := netip.ParseAddr(text); err == nil {
			all = append(all, a)
		}
	}
	return all
}
