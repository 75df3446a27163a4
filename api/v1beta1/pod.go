package v1beta1

import (
	"net"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/convert"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/validate"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// pods is the kind Pod.
type pods struct{ rules validate.Rules }

func (pods) describe() description {
	return description{
		path: "pods", core: "pods", name: "Pod", namespaced: true,
		errorKind: "pods", createInvalid: "Pod", updateInvalid: "Pod",
		quirks: quirks{deleteReadsBody: true, deleteAnswersObject: true},
	}
}

func (pods) decode(body []byte) (wire.Object, error) {
	pod := &wire.Pod{}
	if err := decodeObject(body, "Pod", pod); err != nil {
		return nil, err
	}
	return pod, checkStatusWords(pod)
}

// checkStatusWords refuses unknown status words, as v1beta1 did while decoding.
func checkStatusWords(pod *wire.Pod) error {
	for _, s := range []struct{ field, word string }{
		{"desiredState.status", pod.DesiredState.Status}, {"currentState.status", pod.CurrentState.Status},
	} {
		if _, ok := convert.PodPhase(s.word); !ok {
			return badRequest("%s: %q is no status: use Waiting, Running, Succeeded, Terminated or Unknown", s.field, s.word)
		}
	}
	return nil
}

func (pods) setDefaults(o wire.Object) { o.(*wire.Pod).Default() }

func (k pods) validate(o wire.Object) validate.Causes { return k.rules.Pod(o.(*wire.Pod)) }

func (pods) toCore(sent wire.Object, stored coreObject) coreObject {
	old, _ := stored.(*corev1.Pod)
	return convert.PodToCore(sent.(*wire.Pod), old)
}

func (pods) fromCore(o coreObject) wire.Object { return convert.PodFromCore(o.(*corev1.Pod)) }

// coreField selects by the host, too, and by the status in the words of v1beta1.
func (pods) coreField(name, value string) (string, string, bool) {
	switch name {
	case "name":
		return "metadata.name", value, true
	case "DesiredState.Host":
		return "spec.nodeName", value, true
	case "DesiredState.Status":
		return "status.phase", corePhase(value), true
	}
	return "", "", false
}

func corePhase(word string) string {
	if phase, ok := convert.PodPhase(word); ok {
		return string(phase)
	}
	if convert.PodWord(corev1.PodPhase(word)) != word {
		return "-" + word // a word of core that no pod has in v1beta1
	}
	return word
}

func (pods) statusToCore(sent wire.Object, stored coreObject) coreObject {
	return convert.PodStatusToCore(sent.(*wire.Pod), stored.(*corev1.Pod))
}

// validateStatus keeps a pod on its host.
func (pods) validateStatus(sent wire.Object, stored coreObject) validate.Causes {
	was := stored.(*corev1.Pod).Spec.NodeName
	if host := sent.(*wire.Pod).CurrentState.Host; host != "" && host != was {
		return validate.Host(host)
	}
	return nil
}

// validateChange allows only changes of images.
func (pods) validateChange(changed, stored coreObject) validate.Causes {
	spec, was := changed.(*corev1.Pod).Spec.DeepCopy(), &stored.(*corev1.Pod).Spec
	if len(spec.Containers) != len(was.Containers) {
		return validate.PodSpec(false)
	}
	for i := range spec.Containers {
		spec.Containers[i].Image = was.Containers[i].Image
	}
	if !equality.Semantic.DeepEqual(spec, was) {
		return validate.PodSpec(true)
	}
	return nil
}

// deletion has no grace period: the object is gone when the answer arrives. The
// containers still get theirs from the kubelet.
func (pods) deletion() *metav1.DeleteOptions {
	now := int64(0)
	return &metav1.DeleteOptions{GracePeriodSeconds: &now}
}

// showDeleted shows the last stored version of a pod that is gone.
func (pods) showDeleted(o coreObject) {
	if len(o.GetFinalizers()) == 0 {
		o.SetDeletionTimestamp(nil)
	}
}

func (pods) endsAtOnce(o runtime.Object) bool {
	pod, ok := o.(*corev1.Pod)
	return ok && pod.DeletionTimestamp != nil && pod.DeletionGracePeriodSeconds != nil &&
		*pod.DeletionGracePeriodSeconds == 0 && len(pod.Finalizers) == 0
}

func (k pods) answering() kind { return k }

// address returns the pod's address; without a port, its first one is meant.
func (pods) address(o coreObject, port string) (string, error) {
	pod := o.(*corev1.Pod)
	if pod.Status.PodIP == "" {
		return "", unreachable("pod %q has no address yet: wait until it runs", pod.Name)
	}
	if port == "" {
		port = firstPort(pod)
	}
	if port == "" {
		return pod.Status.PodIP, nil
	}
	return net.JoinHostPort(pod.Status.PodIP, port), nil
}

func firstPort(pod *corev1.Pod) string {
	for _, c := range pod.Spec.Containers {
		if len(c.Ports) > 0 {
			return strconv.Itoa(int(c.Ports[0].ContainerPort))
		}
	}
	return ""
}
