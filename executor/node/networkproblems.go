package node

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-logr/logr"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	typedv1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/record"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/reconcile"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
)

// podNetworkCondition is the type of the Node's condition that shows whether the network
// works. The kubelet leaves conditions alone that it does not know.
const podNetworkCondition v1.NodeConditionType = taskdata.ConditionPodNetwork

// problems are what does not work of a node's network, by parts. They are shown at the Node:
// as a condition while they last, and as an event when there is a new one.
type problems struct {
	node  string
	works string // what holds if there are none
	log   logr.Logger

	mu      sync.Mutex
	all     map[string]error
	since   metav1.Time
	changed reconcile.Signal
}

func newProblems(node string, log logr.Logger) *problems {
	const works = "pods have addresses of the cluster's range; services and network policies hold"
	return &problems{node: node, works: works, log: log, all: map[string]error{}, since: metav1.Now(), changed: reconcile.NewSignal()}
}

// set notes how a part of the network is; nil: it works.
func (p *problems) set(part string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	old, had := p.all[part]
	worked := len(p.all) == 0
	switch {
	case err == nil && !had, err != nil && had && old.Error() == err.Error():
		return
	case err == nil:
		delete(p.all, part)
		p.log.Info("a part of the network works again", "part", part)
	default:
		p.all[part] = err
		p.log.Error(err, "a part of the network does not work; it is tried again", "part", part, "within", reconcile.Every)
	}
	if works := len(p.all) == 0; works != worked {
		p.since = metav1.Now()
	}
	p.changed.Set()
}

// of returns what tells problems how a part is.
func (p *problems) of(part string) func(error) { return func(err error) { p.set(part, err) } }

// condition returns the Node's condition.
func (p *problems) condition() v1.NodeCondition {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := v1.NodeCondition{Type: podNetworkCondition, Status: v1.ConditionTrue, Reason: "Works", LastTransitionTime: p.since,
		Message: p.works}
	var messages []string
	for _, part := range slices.Sorted(maps.Keys(p.all)) {
		if c.Status == v1.ConditionTrue {
			c.Status, c.Reason = v1.ConditionFalse, reasonOf(part, p.all[part])
		}
		messages = append(messages, fmt.Sprintf("%s: %v", part, p.all[part]))
	}
	if messages != nil {
		c.Message = strings.Join(messages, "; ")
	}
	return c
}

// run shows the problems at the Node until ctx ends. It repeats that now and then, for a
// Node that was made again.
func (p *problems) run(ctx context.Context, client kubernetes.Interface) {
	events := record.NewBroadcaster(record.WithContext(ctx))
	defer events.Shutdown()
	events.StartRecordingToSink(&typedv1.EventSinkImpl{Interface: client.CoreV1().Events("")})
	recorder := events.NewRecorder(scheme.Scheme, v1.EventSource{Component: "executor", Host: p.node})
	node := &v1.ObjectReference{Kind: "Node", Name: p.node, UID: types.UID(p.node)}
	var told string
	var written time.Time
	reconcile.Loop{
		Every: reconcile.Every, Changed: p.changed, Settle: conditionSettle,
		Do: func(ctx context.Context, _ bool) error {
			c := p.condition()
			if c.Message == told && time.Since(written) < conditionEvery {
				return nil
			}
			if c.Status == v1.ConditionFalse && c.Message != told {
				recorder.Event(node, v1.EventTypeWarning, "NetworkProblem", c.Message)
			}
			told, written = c.Message, time.Time{}
			if err := writeCondition(ctx, client, p.node, c); err != nil {
				return err
			}
			written = time.Now()
			return nil
		},
		Report: func(err error) {
			if err != nil {
				p.log.Error(err, "the Node's condition is written again", "within", reconcile.Every)
			}
		},
	}.Run(ctx)
}

const (
	// conditionEvery is how often the condition is written although nothing has changed, for
	// a Node that was made again: as often as a kubelet writes.
	conditionEvery = 5 * time.Minute
	// conditionSettle is how long problems are gathered before they are shown.
	conditionSettle = time.Second
)

// writeCondition sets one condition of the Node's status and leaves the others alone, which
// are the kubelet's.
func writeCondition(ctx context.Context, client kubernetes.Interface, node string, c v1.NodeCondition) error {
	c.LastHeartbeatTime = metav1.Now()
	return patchConditions(ctx, client, node, c)
}

// removeCondition removes the condition from the Node's status, which an executor in another
// mode may have left.
func removeCondition(ctx context.Context, client kubernetes.Interface, node string) error {
	n, err := client.CoreV1().Nodes().Get(ctx, node, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("node %s: %w", node, err)
	}
	if !slices.ContainsFunc(n.Status.Conditions, func(c v1.NodeCondition) bool { return c.Type == podNetworkCondition }) {
		return nil
	}
	return patchConditions(ctx, client, node, map[string]any{"$patch": "delete", "type": podNetworkCondition})
}

func patchConditions(ctx context.Context, client kubernetes.Interface, node string, condition any) error {
	patch, err := json.Marshal(map[string]any{"status": map[string]any{"conditions": []any{condition}}})
	if err != nil {
		return err
	}
	if _, err := client.CoreV1().Nodes().Patch(ctx, node, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status"); err != nil {
		return fmt.Errorf("condition %s of node %s: %w", podNetworkCondition, node, err)
	}
	return nil
}
