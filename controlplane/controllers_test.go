package controlplane

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// podOn returns a pod bound to node, or to none.
func podOn(node, name string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       corev1.PodSpec{NodeName: node, Containers: []corev1.Container{{Name: "c", Image: "image"}}},
	}
}

// namespace creates a namespace and waits until pods can be created in it.
func namespace(t *testing.T, name string) {
	t.Helper()
	if _, err := sharedClient.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the namespace's service account", func(ctx context.Context) error {
		_, err := sharedClient.CoreV1().ServiceAccounts(name).Get(ctx, "default", metav1.GetOptions{})
		return err
	})
}

// The default namespace has its account once Ready is closed: pods can be created,
// and get a token and the cluster's certificate.
func TestPodGetsToken(t *testing.T) {
	t.Parallel()
	pod, err := sharedClient.CoreV1().Pods("default").Create(t.Context(), podOn("", "gets-token"), metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if pod.Spec.ServiceAccountName != "default" || len(pod.Spec.Volumes) != 1 || pod.Spec.Volumes[0].Projected == nil {
		t.Errorf("account %q, volumes %v", pod.Spec.ServiceAccountName, pod.Spec.Volumes)
	}
	waitFor(t, "the root certificate", func(ctx context.Context) error {
		m, err := sharedClient.CoreV1().ConfigMaps("default").Get(ctx, "kube-root-ca.crt", metav1.GetOptions{})
		if err == nil && m.Data["ca.crt"] != string(shared.CA()) {
			err = errors.New("it is another")
		}
		return err
	})
}

// A replication controller creates its pods and replaces a deleted one. Deleting it
// deletes its pods. Then its namespace can be deleted.
func TestReplicationController(t *testing.T) {
	t.Parallel()
	const ns = "replicas"
	namespace(t, ns)
	ctx, labels, replicas := t.Context(), map[string]string{"name": "foo"}, int32(3)
	rcs, pods := sharedClient.CoreV1().ReplicationControllers(ns), sharedClient.CoreV1().Pods(ns)
	rc, err := rcs.Create(ctx, &corev1.ReplicationController{
		ObjectMeta: metav1.ObjectMeta{Name: "foo"},
		Spec: corev1.ReplicationControllerSpec{Replicas: &replicas, Selector: labels, Template: &corev1.PodTemplateSpec{
			ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: podOn("", "").Spec,
		}},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	waitForPods(t, ns, 3)
	list, err := pods.List(ctx, metav1.ListOptions{LabelSelector: "name=foo"})
	if err != nil {
		t.Fatal(err)
	}
	gone := list.Items[0]
	if err := pods.Delete(ctx, gone.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "another in its place", func(ctx context.Context) error {
		list, err := pods.List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		var names []string
		for _, p := range list.Items {
			names = append(names, p.Name)
		}
		if all := strings.Join(names, " "); len(names) != 3 || strings.Contains(all, gone.Name) {
			return fmt.Errorf("there are %s", all)
		}
		return nil
	})
	background := metav1.DeletePropagationBackground
	if err := rcs.Delete(ctx, rc.Name, metav1.DeleteOptions{PropagationPolicy: &background}); err != nil {
		t.Fatal(err)
	}
	waitForPods(t, ns, 0)
}

// waitForPods waits until the namespace has n pods.
func waitForPods(t *testing.T, ns string, n int) {
	t.Helper()
	waitFor(t, fmt.Sprintf("%d pods", n), func(ctx context.Context) error {
		list, err := sharedClient.CoreV1().Pods(ns).List(ctx, metav1.ListOptions{})
		if err == nil && len(list.Items) != n {
			err = fmt.Errorf("there are %d", len(list.Items))
		}
		return err
	})
}

// Deleting a namespace deletes its content, and completes.
func TestNamespaceDeletion(t *testing.T) {
	t.Parallel()
	const ns = "leaving"
	namespace(t, ns)
	ctx := t.Context()
	if _, err := sharedClient.CoreV1().Pods(ns).Create(ctx, podOn("", "p"), metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := sharedClient.CoreV1().Namespaces().Delete(ctx, ns, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the end of the namespace", func(ctx context.Context) error {
		n, err := sharedClient.CoreV1().Namespaces().Get(ctx, ns, metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(err):
			return nil
		case err != nil:
			return err
		}
		return fmt.Errorf("it is %s", n.Status.Phase)
	})
}

// A node accepts pods as soon as it is created: nothing would remove a taint.
func TestNodeIsNotTainted(t *testing.T) {
	t.Parallel()
	node, err := sharedClient.CoreV1().Nodes().Create(t.Context(), &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "fresh"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(node.Spec.Taints) > 0 {
		t.Errorf("it has %v", node.Spec.Taints)
	}
}

// AllowPrivileged reaches the validation of pods.
func TestAllowPrivileged(t *testing.T) {
	t.Parallel()
	pod, yes := podOn("", "privileged"), true
	pod.Spec.Containers[0].SecurityContext = &corev1.SecurityContext{Privileged: &yes}
	if _, err := sharedClient.CoreV1().Pods("default").Create(t.Context(), pod, metav1.CreateOptions{}); err != nil {
		t.Error(err)
	}
}
