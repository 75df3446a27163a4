package e2e

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/realdocker"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// workers keeps a fifth of a core busy in each pod until it has a file /calm.
const workers = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: workers}
spec:
  selector: {matchLabels: {app: workers}}
  template:
    metadata: {labels: {app: workers}}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
      - name: work
        image: IMAGE
        command: [sh, -c, "while [ ! -e /calm ]; do :; done; sleep 1000"]
        resources: {requests: {cpu: 100m, memory: 16Mi}, limits: {cpu: 200m}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: workers}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: workers}
  minReplicas: 1
  maxReplicas: 2
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]
  behavior: {scaleDown: {stabilizationWindowSeconds: 0}}
`

// scalesItself shows that a busy deployment gets a second pod, and loses it when it is calm.
func scalesItself(t *testing.T, c *cluster.Cluster, kubectl func(stdin string, args ...string) string) {
	t.Helper()
	kubectl(strings.ReplaceAll(workers, "IMAGE", realdocker.Busybox(t)), "apply", "-f", "-")
	ready := func(n int32) func() bool {
		return func() bool {
			d, err := c.Client.AppsV1().Deployments("default").Get(context.Background(), "workers", metav1.GetOptions{})
			return err == nil && d.Status.Replicas == n && d.Status.ReadyReplicas == n
		}
	}
	began := time.Now()
	c.Process().Await(2*time.Minute, "a second pod of the busy deployment", ready(2))
	for _, pod := range strings.Fields(kubectl("", "get", "pods", "-l", "app=workers", "-o", "name")) {
		kubectl("", "exec", pod, "--", "touch", "/calm")
	}
	c.Process().Await(2*time.Minute, "a single pod of the calm deployment", ready(1))
	t.Logf("up and down again took %v", time.Since(began).Round(time.Second))
	kubectl("", "delete", "deployment,hpa", "workers", "--cascade=foreground")
}
