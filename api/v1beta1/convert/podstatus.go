package convert

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// The entries of currentState.info that stand for the infrastructure container,
// which holds the pod's network: POD in 0.11, net in July 2014. Core has no
// status for it, but its address is the pod's.
const (
	infoPOD = "POD"
	infoNet = "net"
)

// phases maps the words of v1beta1 to core's.
var phases = []struct {
	word  string
	phase corev1.PodPhase
}{
	{wire.PodWaiting, corev1.PodPending},
	{wire.PodRunning, corev1.PodRunning},
	{wire.PodSucceeded, corev1.PodSucceeded},
	{wire.PodTerminated, corev1.PodFailed},
	{wire.PodUnknown, corev1.PodUnknown},
}

// PodWord returns v1beta1's status word for a phase.
func PodWord(p corev1.PodPhase) string {
	for _, e := range phases {
		if e.phase == p {
			return e.word
		}
	}
	return string(p)
}

// PodPhase returns the phase for a status word of v1beta1, and whether there is
// one; an empty word stands for an empty phase.
func PodPhase(word string) (corev1.PodPhase, bool) {
	for _, e := range phases {
		if e.word == word {
			return e.phase, true
		}
	}
	return corev1.PodPhase(word), word == ""
}

func podStatusFromCore(in *corev1.Pod) wire.PodState {
	s := wire.PodState{
		Status:  PodWord(in.Status.Phase),
		Message: in.Status.Message,
		Host:    in.Spec.NodeName,
		HostIP:  in.Status.HostIP,
		PodIP:   in.Status.PodIP,
	}
	for _, c := range in.Status.Conditions {
		s.Conditions = append(s.Conditions, wire.PodCondition{Kind: conditionKind(c.Type), Status: conditionFromCore(c.Status)})
	}
	if len(in.Status.ContainerStatuses) == 0 && in.Status.PodIP == "" {
		return s
	}
	s.Info = make(map[string]wire.ContainerStatus, len(in.Status.ContainerStatuses)+2)
	if ip := in.Status.PodIP; ip != "" {
		s.Info[infoPOD] = wire.ContainerStatus{PodIP: ip}
		s.Info[infoNet] = wire.ContainerStatus{NetworkSettings: &wire.NetworkSettings{IPAddress: ip}}
	}
	for i := range in.Status.ContainerStatuses {
		c := &in.Status.ContainerStatuses[i]
		s.Info[c.Name] = containerStatusFromCore(c)
	}
	return s
}

// PodStatusToCore returns stored with the status that the client sent; the rest of
// the pod stays.
func PodStatusToCore(in *wire.Pod, stored *corev1.Pod) *corev1.Pod {
	out := orEmpty(stored)
	s, state := &out.Status, &in.CurrentState
	if phase, ok := PodPhase(state.Status); ok {
		s.Phase = phase
	}
	s.Message = state.Message
	if s.HostIP != state.HostIP {
		s.HostIP, s.HostIPs = state.HostIP, nil
		if state.HostIP != "" {
			s.HostIPs = []corev1.HostIP{{IP: state.HostIP}}
		}
	}
	if s.PodIP != state.PodIP {
		s.PodIP, s.PodIPs = state.PodIP, nil
		if state.PodIP != "" {
			s.PodIPs = []corev1.PodIP{{IP: state.PodIP}}
		}
	}
	s.Conditions = replaceSlice(state.Conditions, s.Conditions,
		func(w *wire.PodCondition, c *corev1.PodCondition) bool { return conditionType(w.Kind) == c.Type }, podConditionToCore)
	s.ContainerStatuses = containerStatusesToCore(state.Info, out)
	return out
}

// noKind is the type, in core, of a condition without a kind: core wants one.
const noKind = "kubernetes-mesos/no-kind"

func conditionKind(t corev1.PodConditionType) string {
	if t == noKind {
		return ""
	}
	return string(t)
}

func conditionType(kind string) corev1.PodConditionType {
	if kind == "" {
		return noKind
	}
	return corev1.PodConditionType(kind)
}

func podConditionToCore(in *wire.PodCondition, stored *corev1.PodCondition) corev1.PodCondition {
	out := orNew(stored)
	out.Type = conditionType(in.Kind)
	out.Status = conditionToCore(in.Status)
	return out
}

// conditionFromCore converts True, False, Unknown to Full, None, Unknown.
func conditionFromCore(s corev1.ConditionStatus) string {
	switch s {
	case corev1.ConditionTrue:
		return "Full"
	case corev1.ConditionFalse:
		return "None"
	}
	return string(s)
}

func conditionToCore(s string) corev1.ConditionStatus {
	switch s {
	case "Full":
		return corev1.ConditionTrue
	case "None":
		return corev1.ConditionFalse
	}
	return corev1.ConditionStatus(s)
}
