package controlplane

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/kubernetes/cmd/kube-controller-manager/names"
)

// pollPeriod is how often a condition is polled while the control plane starts.
const pollPeriod = 25 * time.Millisecond

// until calls ok repeatedly until it returns nil or ctx ends.
func until(ctx context.Context, ok func() error) error {
	var last error
	err := wait.PollUntilContextCancel(ctx, pollPeriod, true, func(context.Context) (bool, error) {
		last = ok()
		return last == nil, nil
	})
	if err != nil {
		return fmt.Errorf("%w while waiting: %w", err, last)
	}
	return nil
}

// answers returns nil if the API server reports that it is ready.
func answers(ctx context.Context, client kubernetes.Interface) error {
	return client.Discovery().RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
}

// followerPatience is how long a follower waits for what the leader creates.
const followerPatience = 10 * time.Second

// awaitReady creates what we add to the cluster, and waits for what others add: the
// system namespaces, and the account that a pod needs, which the leader's controllers
// create. A follower waits for the account only for a limited time.
func (c *ControlPlane) awaitReady(ctx context.Context, client kubernetes.Interface) error {
	if err := giveGrants(ctx, client, c.config.Config); err != nil {
		return err
	}
	if err := registerMetrics(ctx, c.ClientConfig()); err != nil {
		return err
	}
	if err := until(ctx, func() error {
		_, err := client.CoreV1().Namespaces().Get(ctx, metav1.NamespaceSystem, metav1.GetOptions{})
		return err
	}); err != nil {
		return err
	}
	bounded, cancel := ctx, context.CancelFunc(func() {})
	select {
	case <-c.elector.Leading():
	case <-c.elector.Following():
		bounded, cancel = context.WithTimeout(ctx, followerPatience)
	case <-ctx.Done():
		return ctx.Err()
	}
	defer cancel()
	if !c.config.choice.runs(names.ServiceAccountController) {
		return nil
	}
	err := until(bounded, func() error {
		_, err := client.CoreV1().ServiceAccounts(metav1.NamespaceDefault).Get(ctx, "default", metav1.GetOptions{})
		return err
	})
	if err != nil && ctx.Err() == nil {
		c.config.Log.Error(nil, "the leader has made no service account default/default in time: serving without it", "waited", followerPatience)
		return nil
	}
	return err
}
