package controlplane

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/warning"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/kubernetes/pkg/apis/apps"
	"k8s.io/kubernetes/pkg/apis/batch"
	"k8s.io/kubernetes/pkg/apis/core"
)

// warnings are those of an answer.
type warnings struct {
	mu  sync.Mutex
	all []string
}

func (w *warnings) AddWarning(_, text string) { w.HandleWarningHeader(0, "", text) }

func (w *warnings) HandleWarningHeader(_ int, _, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, text)
}

// fitForTests says of which pod it was asked.
func fitForTests(_ context.Context, p *corev1.Pod) (string, error) {
	return fmt.Sprintf("asked of a pod in %s on %s", p.Namespace, p.Spec.NodeSelector["disk"]), nil
}

// A dry run that creates a pod, or what makes pods, is told about that pod; nothing else is,
// and whatever happens it passes.
func TestDryRun(t *testing.T) {
	t.Parallel()
	template := core.PodTemplateSpec{Spec: core.PodSpec{NodeSelector: map[string]string{"disk": "ssd"}, SecurityContext: &core.PodSecurityContext{}}}
	const asked = "asked of a pod in ns on ssd"
	for _, row := range []struct {
		name   string
		object runtime.Object
		sub    string
		wet    bool
		want   string
	}{
		{"a pod", &core.Pod{Spec: template.Spec}, "", false, asked},
		{"a replication controller", &core.ReplicationController{Spec: core.ReplicationControllerSpec{Template: &template}}, "", false, asked},
		{"a replica set", &apps.ReplicaSet{Spec: apps.ReplicaSetSpec{Template: template}}, "", false, asked},
		{"a deployment", &apps.Deployment{Spec: apps.DeploymentSpec{Template: template}}, "", false, asked},
		{"a stateful set", &apps.StatefulSet{Spec: apps.StatefulSetSpec{Template: template}}, "", false, asked},
		{"a daemon set", &apps.DaemonSet{Spec: apps.DaemonSetSpec{Template: template}}, "", false, asked},
		{"a job", &batch.Job{Spec: batch.JobSpec{Template: template}}, "", false, asked},
		{"a cron job", &batch.CronJob{Spec: batch.CronJobSpec{JobTemplate: batch.JobTemplateSpec{Spec: batch.JobSpec{Template: template}}}}, "", false, asked},
		{"a controller without a template", &core.ReplicationController{}, "", false, ""},
		{"what makes no pods", &core.ConfigMap{}, "", false, ""},
		{"a part of a pod", &core.Pod{Spec: template.Spec}, "binding", false, ""},
		{"no dry run", &core.Pod{Spec: template.Spec}, "", true, ""},
	} {
		var said warnings
		ctx := warning.WithWarningRecorder(t.Context(), &said)
		a := admission.NewAttributesRecord(row.object, nil, core.SchemeGroupVersion.WithKind("Any"), "ns", "x", core.SchemeGroupVersion.WithResource("any"), row.sub, admission.Create, &metav1.CreateOptions{}, !row.wet, nil)
		if err := (dryRun{fit: fitForTests}).Validate(ctx, a, nil); err != nil || strings.Join(said.all, "; ") != row.want {
			t.Errorf("%s: %v, %q, want %q", row.name, err, said.all, row.want)
		}
	}
}

// A placement that is not known in time is reported as such, and the dry run succeeds.
func TestDryRunWithoutAnswer(t *testing.T) {
	t.Parallel()
	a := admission.NewAttributesRecord(&core.Pod{}, nil, core.SchemeGroupVersion.WithKind("Pod"), "ns", "x", core.SchemeGroupVersion.WithResource("pods"), "", admission.Create, &metav1.CreateOptions{}, true, nil)
	for name, row := range map[string]struct {
		fit  func(context.Context, *corev1.Pod) (string, error)
		want string
	}{
		"slow": {func(ctx context.Context, _ *corev1.Pod) (string, error) { <-ctx.Done(); return "", ctx.Err() }, "whether it would fit is not known: context deadline exceeded"},
		"absent": {func(context.Context, *corev1.Pod) (string, error) {
			return "", errors.New("the framework does not run")
		}, "whether it would fit is not known: the framework does not run"},
	} {
		var said warnings
		start := time.Now()
		err := (dryRun{fit: row.fit}).Validate(warning.WithWarningRecorder(t.Context(), &said), a, nil)
		if took := time.Since(start); err != nil || !slices.Equal(said.all, []string{row.want}) || took > 5*time.Second {
			t.Errorf("%s: %v, %q after %v", name, err, said.all, took)
		}
	}
}

// Through the API: the warning is in the answer to the dry run, and not in that to the write.
func TestDryRunOfDeployment(t *testing.T) {
	t.Parallel()
	var said warnings
	client, err := kubernetes.NewForConfig(&rest.Config{Host: "http://" + shared.LocalAddr(), WarningHandler: &said})
	if err != nil {
		t.Fatal(err)
	}
	labels := map[string]string{"app": "dry"}
	d := &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "dry"},
		Spec: appsv1.DeploymentSpec{Selector: &metav1.LabelSelector{MatchLabels: labels}, Template: corev1.PodTemplateSpec{
			ObjectMeta: metav1.ObjectMeta{Labels: labels},
			Spec:       corev1.PodSpec{NodeSelector: map[string]string{"disk": "ssd"}, Containers: []corev1.Container{{Name: "c", Image: "c"}}},
		}},
	}
	deployments := client.AppsV1().Deployments("default")
	if _, err := deployments.Create(t.Context(), d, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}); err != nil {
		t.Fatal(err)
	}
	if _, err := deployments.Create(t.Context(), d, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := deployments.Delete(t.Context(), d.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if want := []string{"asked of a pod in default on ssd"}; !slices.Equal(said.all, want) {
		t.Errorf("the warnings are %q, want %q", said.all, want)
	}
}
