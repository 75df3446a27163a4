package controlplane

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/klog/v2"
)

// ConditionRangeOutside is true of a Node whose range of pod addresses is not of the
// cluster's, but of one before.
const ConditionRangeOutside corev1.NodeConditionType = "PodRangeOutside"

// renewPeriod is how often Nodes are looked after that have ranges outside of the cluster's, or
// have none while ranges were lacking.
const renewPeriod = 30 * time.Second

// renew shows which Nodes have ranges outside of the cluster's, and makes those anew that
// nothing uses, until ctx ends.
func (p *podRanges) renew(ctx context.Context) {
	tick := time.NewTicker(p.every)
	defer tick.Stop()
	for {
		if err := p.lookAfter(ctx); err != nil && ctx.Err() == nil {
			klog.ErrorS(err, "Nodes with a range outside of -cluster_cidr are looked after again", "within", p.every)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (p *podRanges) lookAfter(ctx context.Context) error {
	all, err := p.client.CoreV1().Nodes().List(ctx, metav1.ListOptions{ResourceVersion: "0"}) // from the API server's memory
	if err != nil {
		return err
	}
	for _, n := range all.Items {
		shown := slices.ContainsFunc(n.Status.Conditions, func(c corev1.NodeCondition) bool { return c.Type == ConditionRangeOutside })
		switch outside := p.outside(&n); {
		case outside:
			err = p.renewOne(ctx, &n, shown)
		case shown:
			err = p.show(ctx, n.Name, map[string]any{"$patch": "delete", "type": ConditionRangeOutside})
		default:
			continue
		}
		if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
			return fmt.Errorf("node %s: %w", n.Name, err)
		}
	}
	return nil
}

// renewOne makes a Node anew if nothing uses its range, and otherwise says what is to be done.
func (p *podRanges) renewOne(ctx context.Context, n *corev1.Node, shown bool) error {
	if p.idle != nil && p.idle(n) {
		live := fmt.Sprintf("spec.nodeName=%s,status.phase!=%s,status.phase!=%s", n.Name, corev1.PodSucceeded, corev1.PodFailed)
		pods, err := p.client.CoreV1().Pods("").List(ctx, metav1.ListOptions{FieldSelector: live})
		if err != nil {
			return err
		}
		if len(pods.Items) == 0 {
			return p.replace(ctx, n)
		}
	}
	if shown {
		return nil
	}
	message := fmt.Sprintf("The node has the range %v of pod addresses, outside of -cluster_cidr=%v. Drain it: it gets another range when its pods and its executor have ended. "+
		"Or start framework_runner with the former range.", n.Spec.PodCIDRs, p.cluster)
	klog.InfoS(message, "node", n.Name)
	now := metav1.Now()
	return p.show(ctx, n.Name, corev1.NodeCondition{Type: ConditionRangeOutside, Status: corev1.ConditionTrue, Reason: "FormerRange", Message: message, LastHeartbeatTime: now, LastTransitionTime: now})
}

// replace makes a Node anew without a range: ranges cannot be changed. What users have
// written on it stays.
func (p *podRanges) replace(ctx context.Context, n *corev1.Node) error {
	next := n.DeepCopy()
	next.ObjectMeta = metav1.ObjectMeta{Name: n.Name, Labels: n.Labels, Annotations: n.Annotations}
	next.Spec.PodCIDR, next.Spec.PodCIDRs = "", nil
	next.Status.Conditions = slices.DeleteFunc(next.Status.Conditions, func(c corev1.NodeCondition) bool { return c.Type == ConditionRangeOutside })
	as := metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &n.UID, ResourceVersion: &n.ResourceVersion}}
	if err := p.client.CoreV1().Nodes().Delete(ctx, n.Name, as); err != nil {
		return err
	}
	klog.InfoS("the Node is replaced, as its range of pod addresses is outside of -cluster_cidr", "node", n.Name, "range", n.Spec.PodCIDRs)
	_, err := p.client.CoreV1().Nodes().Create(ctx, next, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) { // the framework was faster
		return nil
	}
	return err
}

func (p *podRanges) show(ctx context.Context, node string, condition any) error {
	patch, err := json.Marshal(map[string]any{"status": map[string]any{"conditions": []any{condition}}})
	if err != nil {
		return err
	}
	_, err = p.client.CoreV1().Nodes().Patch(ctx, node, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status")
	return err
}
