package node

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/go-logr/logr"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim"
)

// pullEvents tells in an event of a pod how far the pull of an image is. There is one event of
// an image and pod, whose message changes: the usual recorders would make many.
type pullEvents struct {
	node  string
	ready <-chan struct{} // when client may be called
	api   func() kubernetes.Interface
	log   logr.Logger
}

// apiClient is a client of the API server that there is once Ready is closed.
type apiClient interface {
	Ready() <-chan struct{}
	Client() kubernetes.Interface
}

func newPullEvents(node string, c apiClient, log logr.Logger) *pullEvents {
	return &pullEvents{node: node, ready: c.Ready(), api: c.Client, log: log}
}

// eventPatience is how long the API server may take; the next event comes later anyway.
const eventPatience = 3 * time.Second

// tell implements dockershim.Config.Pulling.
func (p *pullEvents) tell(ctx context.Context, pull dockershim.Pull, progress string) {
	select {
	case <-p.ready:
	default:
		return // no API server has been spoken to yet
	}
	ctx, cancel := context.WithTimeout(ctx, eventPatience)
	defer cancel()
	if err := p.write(ctx, pull, fmt.Sprintf("Pulling image %q: %s", pull.Image, progress)); err != nil && ctx.Err() == nil {
		p.log.Error(err, "the progress of a pull is not shown", "pod", pull.Namespace+"/"+pull.Pod, "image", pull.Image)
	}
}

// write updates the event, or makes it.
func (p *pullEvents) write(ctx context.Context, pull dockershim.Pull, message string) error {
	events := p.api().CoreV1().Events(pull.Namespace)
	name, now := eventName(pull), metav1.Now()
	change, err := json.Marshal(map[string]any{"message": message, "lastTimestamp": now})
	if err != nil {
		return err
	}
	// A node has no right to read events.
	if _, err = events.Patch(ctx, name, types.MergePatchType, change, metav1.PatchOptions{}); !apierrors.IsNotFound(err) {
		return err
	}
	_, err = events.Create(ctx, &v1.Event{
		ObjectMeta:     metav1.ObjectMeta{Name: name, Namespace: pull.Namespace},
		InvolvedObject: v1.ObjectReference{APIVersion: "v1", Kind: "Pod", Namespace: pull.Namespace, Name: pull.Pod, UID: types.UID(pull.UID)},
		Type:           v1.EventTypeNormal, Reason: "PullProgress", Message: message, Count: 1,
		FirstTimestamp: now, LastTimestamp: now,
		Source: v1.EventSource{Component: "executor", Host: p.node}, ReportingController: "executor", ReportingInstance: p.node,
	}, metav1.CreateOptions{})
	return err
}

// eventName returns the name of the event, which is the same for all pulls of an image for a pod.
func eventName(pull dockershim.Pull) string {
	h := fnv.New64a()
	fmt.Fprint(h, pull.UID, " ", pull.Image)
	return fmt.Sprintf("%s.pull-%x", pull.Pod, h.Sum64())
}
