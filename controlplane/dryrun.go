package controlplane

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/warning"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"
	"k8s.io/kubernetes/pkg/apis/apps"
	"k8s.io/kubernetes/pkg/apis/batch"
	"k8s.io/kubernetes/pkg/apis/core"
	corev1conversion "k8s.io/kubernetes/pkg/apis/core/v1"
	daemonset "k8s.io/kubernetes/pkg/controller/daemon/util"
)

// dryRun is an admission plugin. To the answer to a dry run that creates a pod, or an
// object that makes pods, it adds a warning that says where the pod would fit. The warning
// is a header, which kubectl prints. It lets everything pass.
type dryRun struct {
	*admission.Handler
	fit func(context.Context, *corev1.Pod) (string, error)
}

const dryRunPlugin = "DryRunPlacement"

// dryRunPatience is how long a dry run waits for what is said of its pod.
const dryRunPatience = 100 * time.Millisecond

// Validate implements [admission.ValidationInterface].
func (d dryRun) Validate(ctx context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	if !a.IsDryRun() || a.GetSubresource() != "" {
		return nil
	}
	p := podFrom(a.GetObject())
	if p == nil {
		return nil
	}
	p.Namespace = a.GetNamespace()
	asking, cancel := context.WithTimeout(ctx, dryRunPatience)
	defer cancel()
	message, err := d.fit(asking, p)
	if err != nil {
		message = "whether it would fit is not known: " + err.Error()
	}
	warning.AddWarning(ctx, "", message)
	return nil
}

// podFrom returns the pod that an object is or makes, nil if it makes none. Of one that
// will be made it has what the template says: not what namespaces add to pods.
func podFrom(o runtime.Object) *corev1.Pod {
	switch o := o.(type) {
	case *core.Pod:
		var p corev1.Pod
		if err := corev1conversion.Convert_core_Pod_To_v1_Pod(o, &p, nil); err != nil {
			return nil
		}
		return p.DeepCopy() // the conversion has the two share their fields
	case *core.ReplicationController:
		return podLike(o.Spec.Template)
	case *apps.ReplicaSet:
		return podLike(&o.Spec.Template)
	case *apps.Deployment:
		return podLike(&o.Spec.Template)
	case *apps.StatefulSet:
		return podLike(&o.Spec.Template)
	case *apps.DaemonSet:
		p := podLike(&o.Spec.Template)
		if p != nil {
			daemonset.AddOrUpdateDaemonPodTolerations(&p.Spec)
		}
		return p
	case *batch.Job:
		return podLike(&o.Spec.Template)
	case *batch.CronJob:
		return podLike(&o.Spec.JobTemplate.Spec.Template)
	}
	return nil
}

func podLike(template *core.PodTemplateSpec) *corev1.Pod {
	if template == nil {
		return nil
	}
	var t corev1.PodTemplateSpec
	if err := corev1conversion.Convert_core_PodTemplateSpec_To_v1_PodTemplateSpec(template, &t, nil); err != nil {
		return nil
	}
	return (&corev1.Pod{ObjectMeta: t.ObjectMeta, Spec: t.Spec}).DeepCopy()
}

// answerDryRuns adds the plugin to the API server's own.
func answerDryRuns(o *options.ServerRunOptions, fit func(context.Context, *corev1.Pod) (string, error)) {
	addAdmission(o, dryRunPlugin, dryRun{admission.NewHandler(admission.Create), fit})
}
