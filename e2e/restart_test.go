package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// If Mesos runs inside the killed process, all its state is lost. The next start recovers
// by itself: no orphan stays, lost pods are reported as failed, new ones run, and a
// controller replaces its own.
func TestInProcessMesosKilled(t *testing.T) {
	c := cluster.Start(t, cluster.Config{})
	create(t, c, webPod("bare", "0.2"))
	awaitPhase(t, c, "bare", v1.PodRunning)
	one := int32(1)
	replicated := webPod("", "0.2")
	_, err := c.Client.CoreV1().ReplicationControllers("default").Create(context.Background(), &v1.ReplicationController{
		ObjectMeta: metav1.ObjectMeta{Name: "replicated"},
		Spec: v1.ReplicationControllerSpec{
			Replicas: &one,
			Selector: map[string]string{"of": "replicated"},
			Template: &v1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"of": "replicated"}},
				Spec:       replicated.Spec,
			},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	c.Process().Await(soon, "both pods running", func() bool { return running(t, c) == 2 })
	old := frameworks(t, c.MesosAddr)[0].ID

	c.Kill()
	c.Restart()

	awaitPhase(t, c, "bare", v1.PodFailed)
	create(t, c, webPod("new", "0.2"))
	awaitPhase(t, c, "new", v1.PodRunning)
	c.Process().Await(2*time.Minute, "the controller's replacement running", func() bool { return running(t, c) == 2 })
	alive := func() int {
		n := 0
		for _, pod := range list(t, c) {
			if pod.Status.Phase == v1.PodRunning {
				n += 2 // its container and its pause container
			}
		}
		return n
	}
	c.Process().Await(soon, "the last orphan to go", func() bool { return len(containersOf(t, old)) <= alive() })
}

func running(t *testing.T, c *cluster.Cluster) int {
	n := 0
	for _, pod := range list(t, c) {
		if pod.Status.Phase == v1.PodRunning {
			n++
		}
	}
	return n
}

// serveLocalMesos runs the local Mesos in a separate process and returns its address.
func serveLocalMesos(t *testing.T, master string, args ...string) string {
	t.Helper()
	addr := fmt.Sprintf("127.0.0.1:%d", cluster.FreePort(t))
	p := cluster.Run(t, cluster.Binary("framework_runner"), append([]string{
		"-serve_local_mesos=" + addr, "-mesos_master=" + master, "-local_work_dir=" + t.TempDir(), cluster.Credentials(t)}, args...)...)
	p.Await(soon, "the local Mesos", func() bool { return answers("http://" + addr + "/version") })
	return addr
}
