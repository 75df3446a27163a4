package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/realdocker"
)

// markup is what strangers would like the web pages to run.
const markup = `<script>globalThis.pwned=1</script><img src=x onerror="globalThis.pwned=1">`

// The web pages in a real browser: every view, what is live, log and shell, rights, strangers'
// names, other sites, keyboard. What it does there is in controlplane/ui/browser/test.mjs.
func TestWebPages(t *testing.T) {
	busybox := realdocker.Busybox(t)
	if out, err := exec.Command(filepath.Join(cluster.Root(), "scripts/browser.sh")).CombinedOutput(); err != nil {
		t.Fatalf("scripts/browser.sh: %v\n%s", err, out)
	}
	c := cluster.Start(t, cluster.Config{Master: "local(2)", Args: []string{"-pod_network=docker"}})
	furnish(t, c, busybox)
	if code, body := c.Do("GET", "/mesos", nil); code != 200 || !strings.Contains(string(body), `"connected":true`) || !strings.Contains(string(body), `"role":"*"`) {
		t.Errorf("/mesos: %d %s", code, body)
	}
	if f := frameworks(t, c.MesosAddr); len(f) != 1 || f[0].WebUI != c.URL()+"/ui/" {
		t.Errorf("Mesos does not link to %s/ui/: %+v", c.URL(), f)
	}

	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	test := exec.CommandContext(ctx, "node", "--test", "test.mjs")
	test.Dir = filepath.Join(cluster.Root(), "controlplane/ui/browser")
	test.Env = append(os.Environ(), "UI_LOCAL="+c.URL(), "UI_SECURE="+c.Secure(),
		"UI_STRANGER="+visitor(t, c.Client, "strangers"), "UI_VIEWER="+visitor(t, c.Client, "default"))
	if out, err := test.CombinedOutput(); err != nil {
		t.Errorf("in the browser: %v\n%s", err, out)
	}
}

// furnish makes what the browser looks for: pods in several states, a controller, a service, a
// claim, what strangers have named, a thousand pods that are not to be placed, and who may look.
func furnish(t *testing.T, c *cluster.Cluster, busybox string) {
	t.Helper()
	ctx := context.Background()
	for _, namespace := range []string{"many", "strangers"} {
		if _, err := c.Client.CoreV1().Namespaces().Create(ctx, &v1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	talker := scriptPod("talker", busybox, `i=0; while true; do i=$((i+1)); echo "line $i <img src=x onerror=alert(1)>"; sleep 0.5; done`)
	create(t, c, talker, scriptPod("crash", busybox, "exit 3"), webPod("big", "100"))
	hostile := gatedPod("default", "hostile")
	hostile.Annotations = map[string]string{"note": markup}
	hostile, err := c.Client.CoreV1().Pods("default").Create(ctx, hostile, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Client.CoreV1().Events("default").Create(ctx, &v1.Event{
		ObjectMeta:     metav1.ObjectMeta{Name: "hostile"},
		InvolvedObject: v1.ObjectReference{Kind: "Pod", Namespace: "default", Name: "hostile", UID: hostile.UID},
		Type:           "Warning", Reason: markup[:40], Message: markup, LastTimestamp: metav1.Now(),
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	furnishMore(t, c)
	var g errgroup.Group
	g.SetLimit(8)
	for i := range 1000 {
		g.Go(func() error {
			_, err := c.Client.CoreV1().Pods("many").Create(ctx, gatedPod("many", fmt.Sprintf("gated-%d", i)), metav1.CreateOptions{})
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	awaitPhase(t, c, "talker", v1.PodRunning)
}

// furnishMore makes a controller with its service, a claim, and the right of default's visitor.
func furnishMore(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	ctx, web, replicas := context.Background(), map[string]string{"app": "web"}, int32(1)
	if _, err := c.Client.AppsV1().Deployments("default").Create(ctx, &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "web", Labels: web},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas, Selector: &metav1.LabelSelector{MatchLabels: web},
			Template: v1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: web}, Spec: webPod("", "0.05").Spec},
		},
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Client.CoreV1().Services("default").Create(ctx, &v1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: v1.ServiceSpec{Selector: web, Ports: []v1.ServicePort{{Port: 80}}},
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Client.CoreV1().PersistentVolumeClaims("default").Create(ctx, &v1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Name: "data"},
		Spec: v1.PersistentVolumeClaimSpec{
			AccessModes: []v1.PersistentVolumeAccessMode{v1.ReadWriteOnce},
			Resources:   v1.VolumeResourceRequirements{Requests: v1.ResourceList{v1.ResourceStorage: resource.MustParse("1Gi")}},
		},
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Client.RbacV1().RoleBindings("default").Create(ctx, &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "visitor"}, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "view"},
		Subjects: []rbacv1.Subject{{Kind: "ServiceAccount", Namespace: "default", Name: "visitor"}},
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// gatedPod returns a pod that nobody is to place.
func gatedPod(namespace, name string) *v1.Pod {
	return &v1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Spec: v1.PodSpec{
		SchedulingGates: []v1.PodSchedulingGate{{Name: "example.com/wait"}}, Containers: []v1.Container{{Name: "c", Image: "none"}},
	}}
}

// scriptPod returns a pod that runs a script.
func scriptPod(name, image, script string) *v1.Pod {
	pod := webPod(name, "0.05")
	pod.Spec.Containers[0].Image, pod.Spec.Containers[0].Command = image, []string{"sh", "-c", script}
	return pod
}
