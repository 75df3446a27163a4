package controlplane

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"
	"k8s.io/kubernetes/pkg/apis/core"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
)

// agentAnnotation is an admission plugin. It takes the annotation by which the framework
// confirms that Mesos has a pod's task from pods that are created with it, as by a copy of
// another: a kubelet would run them without Mesos' knowing.
type agentAnnotation struct{ *admission.Handler }

const agentAnnotationPlugin = "AgentAnnotation"

// Admit implements [admission.MutationInterface].
func (agentAnnotation) Admit(_ context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	pod, is := a.GetObject().(*core.Pod)
	if !is || a.GetSubresource() != "" {
		return nil
	}
	if _, mirror := pod.Annotations[corev1.MirrorPodAnnotationKey]; !mirror {
		delete(pod.Annotations, taskdata.AgentAnnotation)
	}
	return nil
}

// keepAgentAnnotation adds the plugin to the API server's own.
func keepAgentAnnotation(o *options.ServerRunOptions) {
	addAdmission(o, agentAnnotationPlugin, agentAnnotation{admission.NewHandler(admission.Create)})
}
